"""Last pass: small objects go, the labels get their pyramid and say what they are.

Every step can be done twice without harm, so a process that dies here loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.events import BlockDone, StageStarted
from skoots.inference import assign
from skoots.inference.run_folder import LABELS
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import Span, chunk_shape, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.inference.run_folder import RunFolder
    from skoots.volume.tiling import Block, Box

STAGE = "finish"

PYRAMID_BELOW = 512
"""The coarsest level of a pyramid is no longer than this along any axis, in voxels."""


@dataclass(frozen=True, slots=True)
class Level:
    """A coarser copy of the labels."""

    number: int
    """0 would be the labels themselves."""

    step: Shape3
    """Voxels of the labels along Z, Y, X from one of its voxels to the next."""

    taken: Shape3
    """The same, in voxels of the level before."""

    shape: Shape3


def finish(
    run: RunFolder, blocks: Sequence[Block], key: str, least: int
) -> Generator[Event, Any, int]:
    """Make the labels final.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    blocks : sequence of Block
        Assigned.
    key : str
        What `assign` returned.
    least : int
        Objects of fewer voxels of the network's grid are erased.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    int
        How many objects there are.
    """
    ids, counts = _count_objects(run, blocks, key)
    small = ids[counts < least]
    cleaned = list(blocks) if small.size else []
    turned = _image_blocks(run) if run.plan.resampled else []
    levels = plan_levels(run.plan.image.shape_zyx, run.voxel_size)
    coarse = [(level, b) for level in levels for b in _level_blocks(run, level)]
    total = len(cleaned) + len(turned) + len(coarse)
    yield StageStarted(STAGE, 0, total)
    seen = [np.setdiff1d(ids, small)] if not turned else []
    work = chain(
        _erase(run, cleaned, small),
        _to_image_grid(run, turned, seen),
        _coarsen(run, coarse),
    )
    for done, box in enumerate(work, start=1):
        z, y, x = ((s.start, s.stop) for s in box)
        yield BlockDone(STAGE, (z, y, x), done, total)
    run.describe([(1, 1, 1), *(level.step for level in levels)])
    return int(np.count_nonzero(np.unique(np.concatenate(seen))))


def plan_levels(shape: Shape3, voxel_size: VoxelSize | None) -> list[Level]:
    """Plan the pyramid: axes with large voxels are halved later.

    Parameters
    ----------
    shape : tuple of int
        Extent of the labels along Z, Y, X, in voxels.
    voxel_size : tuple of float or None
        Of the labels along Z, Y, X; None is a cube.

    Examples
    --------
    >>> [level.step for level in plan_levels((100, 2000, 900), (2.0, 1.0, 1.0))]
    [(1, 2, 2), (2, 4, 4)]
    """
    levels: list[Level] = []
    step: Shape3 = (1, 1, 1)
    size = voxel_size or (1.0, 1.0, 1.0)
    while max(_coarser(shape, step)) > PYRAMID_BELOW:
        # an axis of one voxel is as short as can be, however small its voxels are
        edges = [
            s * e if n > s else np.inf
            for s, e, n in zip(step, size, shape, strict=True)
        ]
        z, y, x = (2 if edge <= 1.5 * min(edges) < np.inf else 1 for edge in edges)
        taken: Shape3 = (z, y, x)
        step = (step[0] * z, step[1] * y, step[2] * x)
        levels.append(Level(len(levels) + 1, step, taken, _coarser(shape, step)))
    return levels


def _coarser(shape: Shape3, step: Shape3) -> Shape3:
    z, y, x = (-(-n // s) for n, s in zip(shape, step, strict=True))
    return z, y, x


def _count_objects(
    run: RunFolder, blocks: Sequence[Block], key: str
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Give the ids of all objects, sorted, and how many voxels each has."""
    ids, counts = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    for block in run.done_blocks(assign.STAGE, key, among=blocks):
        table = run.markers.tables(assign.STAGE, block, only=("ids", "counts"))
        ids.append(table["ids"])
        counts.append(table["counts"].astype(np.int64))
    found, where = np.unique(np.concatenate(ids), return_inverse=True)
    total = np.bincount(where, np.concatenate(counts), len(found))
    return found, total.astype(np.int64)


def _erase(
    run: RunFolder, blocks: Sequence[Block], small: NDArray[np.uint32]
) -> Iterator[Box]:
    for block in blocks:
        here = run.markers.tables(assign.STAGE, block, only=("ids",))["ids"]
        gone = np.intersect1d(here, small)
        if gone.size:
            # the table keeps the counts from before: done twice, nothing changes
            part = fastremap.mask(run.read(run.instances, block.core), gone.tolist())
            run.write(run.instances, block.core, part)
        yield block.core


def _image_blocks(run: RunFolder) -> list[Block]:
    return plan_blocks(run.plan.image.shape_zyx, run.plan.block_zyx)


def _to_image_grid(
    run: RunFolder, blocks: Sequence[Block], seen: list[NDArray[np.uint32]]
) -> Iterator[Box]:
    """Bring labels to the image's grid, by the nearest voxel; note which are there."""
    image, grid = run.plan.image.shape_zyx, run.plan.shape_zyx
    nearest = [nearest_indices(n, m) for n, m in zip(image, grid, strict=True)]
    for block in blocks:
        picked = [
            indices[span.slice]
            for indices, span in zip(nearest, block.core, strict=True)
        ]
        z, y, x = (Span(int(p[0]), int(p[-1]) + 1) for p in picked)
        part = run.read(run.instances, (z, y, x))
        part = part[np.ix_(*(p - p[0] for p in picked))]
        seen.append(fastremap.unique(part))
        run.write(f"{LABELS}/0", block.core, part)
        yield block.core


def _level_blocks(run: RunFolder, level: Level) -> list[Block]:
    return plan_blocks(level.shape, chunk_shape(run.plan.block_zyx))


def _coarsen(run: RunFolder, work: Sequence[tuple[Level, Block]]) -> Iterator[Box]:
    """Take every other voxel of the level before; of the first one, all are there."""
    made = 0
    for level, block in work:
        if level.number > made:
            run.new_level(level.number, level.shape)
            made = level.number
        places = (
            slice(span.start * taken, span.stop * taken, taken)
            for span, taken in zip(block.core, level.taken, strict=True)
        )
        part = np.asarray(run.level(level.number - 1)[tuple(places)])
        run.write(f"{LABELS}/{level.number}", block.core, part)
        yield block.core
