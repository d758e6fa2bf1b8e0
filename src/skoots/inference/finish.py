"""Last pass: small objects go, the labels get their pyramid and say where they are from.

Every step can be done twice without harm, so a process that dies here loses nothing.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import fastremap
import numpy as np

from skoots.inference import assign
from skoots.inference.storage import storage_errors
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import box_shape, box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.inference.run_folder import RunFolder
    from skoots.volume.tiling import Block

PYRAMID_BELOW = 512
"""The coarsest level of a pyramid is no longer than this along any axis, in voxels."""


def drop_small_objects(
    run: RunFolder, blocks: Sequence[Block], key: str, least: int
) -> int:
    """Erase objects of fewer voxels than wanted.

    Parameters
    ----------
    run : RunFolder
    blocks : sequence of Block
        Assigned.
    key : str
        What `assign` returned.
    least : int
        In voxels of the network's grid.

    Returns
    -------
    int
        How many objects there are now.
    """
    ids, counts = _count_objects(run, blocks, key)
    small = ids[counts < least]
    if small.size:
        for block in blocks:
            here = run.tables(assign.STAGE, block, only=("ids",))["ids"]
            gone = np.intersect1d(here, small)
            if gone.size:
                with storage_errors(run.path):
                    part = np.asarray(run.instances[box_slices(block.core)])
                    part = fastremap.mask(part, gone.tolist())
                    run.instances[box_slices(block.core)] = part
    return len(ids) - len(small)


def _count_objects(
    run: RunFolder, blocks: Sequence[Block], key: str
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Give the ids of all objects, sorted, and how many voxels each has."""
    ids, counts = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    for block in blocks:
        if run.is_done(assign.STAGE, block, key):
            table = run.tables(assign.STAGE, block, only=("ids", "counts"))
            ids.append(table["ids"])
            counts.append(table["counts"].astype(np.int64))
    found, where = np.unique(np.concatenate(ids), return_inverse=True)
    total = np.bincount(where, np.concatenate(counts), len(found))
    return found, total.astype(np.int64)


def to_image_grid(run: RunFolder) -> None:
    """Bring labels of the network's grid to the image's, by the nearest voxel."""
    if not run.plan.resampled:
        return
    image, grid = run.plan.image.shape_zyx, run.plan.shape_zyx
    nearest = [nearest_indices(n, m) for n, m in zip(image, grid, strict=True)]
    for block in plan_blocks(image, run.plan.block_zyx):
        picked = [
            indices[span.slice]
            for indices, span in zip(nearest, block.core, strict=True)
        ]
        corner = [int(p[0]) for p in picked]
        box = tuple(slice(int(p[0]), int(p[-1]) + 1) for p in picked)
        part = np.asarray(run.instances[box])
        local = [p - c for p, c in zip(picked, corner, strict=True)]
        with storage_errors(run.path):
            run.labels[box_slices(block.core)] = part[np.ix_(*local)]


def build_pyramid(run: RunFolder) -> list[Shape3]:
    """Make coarser copies of the labels: every other voxel of the level before.

    Returns
    -------
    list of tuple of int
        Steps between voxels of each level along Z, Y, X, the full one first.
    """
    steps: list[Shape3] = [(1, 1, 1)]
    finer = run.labels
    for level, step in enumerate(_steps(finer.shape, run.voxel_size), start=1):
        with storage_errors(run.path):
            taken: Shape3 = tuple(s // t for s, t in zip(step, steps[-1], strict=True))
            coarser = run.new_level(level, finer.shape, taken)
            for block in plan_blocks(coarser.shape, coarser.chunks):
                _subsample(finer, coarser, block, taken)
        steps.append(step)
        finer = coarser
    return steps


def _subsample(
    finer: zarr.Array, coarser: zarr.Array, block: Block, taken: Shape3
) -> None:
    source = tuple(
        slice(span.start * t, span.stop * t, t)
        for span, t in zip(block.core, taken, strict=True)
    )
    part = np.asarray(finer[source])
    assert part.shape == box_shape(block.core)  # noqa: S101 - a bug if ever false
    coarser[box_slices(block.core)] = part


def _steps(
    shape: tuple[int, ...], voxel_size: tuple[float, float, float] | None
) -> Iterator[Shape3]:
    """Yield the steps of coarser levels: axes with large voxels are halved later."""
    steps = [1, 1, 1]
    size = voxel_size or (1.0, 1.0, 1.0)
    while max(-(-n // s) for n, s in zip(shape, steps, strict=True)) > PYRAMID_BELOW:
        edges = [v * s for v, s in zip(size, steps, strict=True)]
        for axis, edge in enumerate(edges):
            if edge <= 1.5 * min(edges) and shape[axis] > steps[axis]:
                steps[axis] *= 2
        yield steps[0], steps[1], steps[2]


__all__ = ["build_pyramid", "drop_small_objects", "to_image_grid"]
