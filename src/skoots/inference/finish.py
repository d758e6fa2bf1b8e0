"""Last pass: small objects go, the labels get their pyramid and say what they are.

Every step can be done twice without harm, so a process that dies here loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastremap
import numpy as np

from skoots.inference import assign
from skoots.inference.run_folder import LABELS
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import Span, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
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
        Locked by this process.
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
            here = run.markers.tables(assign.STAGE, block, only=("ids",))["ids"]
            gone = np.intersect1d(here, small)
            if gone.size:
                # the table keeps the counts from before: done twice, nothing changes
                part = fastremap.mask(
                    run.read(run.instances, block.core), gone.tolist()
                )
                run.write(run.instances, block.core, part)
    return len(ids) - len(small)


def _count_objects(
    run: RunFolder, blocks: Sequence[Block], key: str
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Give the ids of all objects, sorted, and how many voxels each has."""
    ids, counts = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    for block in blocks:
        if run.markers.is_done(assign.STAGE, block, key):
            table = run.markers.tables(assign.STAGE, block, only=("ids", "counts"))
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
        z, y, x = (Span(int(p[0]), int(p[-1]) + 1) for p in picked)
        part = run.read(run.instances, (z, y, x))
        local = (p - p[0] for p in picked)
        run.write(f"{LABELS}/0", block.core, part[np.ix_(*local)])


def build_pyramid(run: RunFolder) -> list[Shape3]:
    """Make coarser copies of the labels: every other voxel of the level before.

    Returns
    -------
    list of tuple of int
        Steps between voxels of each level along Z, Y, X, the full one first.
    """
    steps: list[Shape3] = [(1, 1, 1)]
    image = run.plan.image.shape_zyx
    for level, step in enumerate(_steps(image, run.voxel_size), start=1):
        z, y, x = (s // t for s, t in zip(step, steps[-1], strict=True))
        finer = run.level(level - 1)
        coarser = run.new_level(level, finer.shape, (z, y, x))
        for block in plan_blocks(_shape3(coarser.shape), _shape3(coarser.chunks)):
            places = [
                slice(span.start * t, span.stop * t, t)
                for span, t in zip(block.core, (z, y, x), strict=True)
            ]
            part = np.asarray(finer[tuple(places)])
            run.write(f"{LABELS}/{level}", block.core, part)
        steps.append(step)
    return steps


def _shape3(extents: Sequence[int]) -> Shape3:
    z, y, x = extents
    return z, y, x


def _steps(shape: Shape3, voxel_size: VoxelSize | None) -> Iterator[Shape3]:
    """Yield the steps of coarser levels: axes with large voxels are halved later."""
    steps = [1, 1, 1]
    size = voxel_size or (1.0, 1.0, 1.0)
    while max(-(-n // s) for n, s in zip(shape, steps, strict=True)) > PYRAMID_BELOW:
        # an axis of one voxel is as short as can be, however small its voxels are
        long = [axis for axis in range(3) if shape[axis] > steps[axis]]
        finest = min(size[axis] * steps[axis] for axis in long)
        for axis in long:
            if size[axis] * steps[axis] <= 1.5 * finest:
                steps[axis] *= 2
        yield steps[0], steps[1], steps[2]
