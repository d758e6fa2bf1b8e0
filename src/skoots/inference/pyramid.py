"""Coarser copies of the labels, for viewers; made anew where somebody painted.

A chunk of the labels that is painted is noted as out of date before it changes
(`StaleChunks`). What is noted is asked for before any level is read and struck off
after all are written: a stroke that comes in between stays noted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.events import BlockDone, StageStarted
from skoots.run.folder import RunFolder
from skoots.run.layout import LABELS
from skoots.run.location import locked
from skoots.run.shared_chunks import chunks_between
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from os import PathLike

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.volume.tiling import Block

STAGE = "refresh"
"""The name of the only stage of `refresh_levels` in its events."""

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

    @property
    def name(self) -> str:
        """Path of its array in the run folder."""
        return f"{LABELS}/{self.number}"


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
    z, y, x = (_up(n, s) for n, s in zip(shape, step, strict=True))
    return z, y, x


def coarsen(run: RunFolder, level: Level, block: Block) -> None:
    """Write a block of a level: every other voxel of the level before."""
    before = f"{LABELS}/{level.number - 1}"
    z, y, x = (
        Span(span.start * taken, min(length, span.stop * taken))
        for span, taken, length in zip(
            block.core, level.taken, run.shape_of(before), strict=True
        )
    )
    part = run.read(before, (z, y, x))
    dz, dy, dx = level.taken
    run.write(level.name, block.core, part[::dz, ::dy, ::dx])


def painted_since(run: RunFolder) -> dict[Shape3, int]:
    """Give the chunks that were painted since the levels were made, and their counts.

    Parameters
    ----------
    run : RunFolder
        Whose labels are read after this, not before.
    """
    edits, counts = run.edits, {}
    for index in edits.stale.listed():
        with edits.shared.hold([index]):
            counts[index] = edits.stale.count(index)
    return counts


def up_to_date(run: RunFolder, counts: Mapping[Shape3, int]) -> None:
    """Say that all levels were made after `painted_since` gave these counts."""
    for index, count in counts.items():
        run.edits.stale.done(index, count)


def blocks_of_painted(
    run: RunFolder, level: Level, chunks: Iterable[Shape3]
) -> list[Block]:
    """List the blocks of a level that show some chunks of the labels."""
    size = run.plan.chunk_zyx
    wanted: set[Shape3] = set()
    for index in chunks:
        start = [_up(i * n, s) for i, n, s in zip(index, size, level.step, strict=True)]
        stop = [
            _up((i + 1) * n, s) for i, n, s in zip(index, size, level.step, strict=True)
        ]
        wanted.update(chunks_between(start, stop, size))
    return [b for b in run.blocks_of(level.name) if b.index in wanted]


def _up(voxel: int, step: int) -> int:
    """Give the first voxel of a level that lies at a voxel of the labels or behind."""
    return -(-voxel // step)


def refresh_levels(path: str | PathLike[str]) -> Generator[Event, Any, None]:
    """Make the levels of a run anew where labels were painted since.

    Parameters
    ----------
    path : path
        The run folder. One without levels, as it is not finished, is left as it is.

    Yields
    ------
    StageStarted, BlockDone

    Raises
    ------
    RunError
        If the folder is no run, or damaged.
    RunBusyError
        If a job works on the run, which ends with making the levels.
    """
    run = RunFolder.open(path)
    with locked(run.path):
        yield from refresh(run)


def refresh(run: RunFolder) -> Generator[Event, Any, None]:
    """Do what `refresh_levels` does for a run that this job holds."""
    levels = plan_levels(run.plan.image.shape_zyx, run.voxel_size)
    if not all(run.has_array(level.name, level.shape) for level in levels):
        return
    counts = painted_since(run)
    work = [(n, b) for n in levels for b in blocks_of_painted(run, n, counts)]
    if work:
        yield StageStarted(STAGE, 0, len(work))
    for done, (level, block) in enumerate(work, start=1):
        coarsen(run, level, block)
        z, y, x = ((s.start, s.stop) for s in block.core)
        yield BlockDone(STAGE, (z, y, x), done, len(work))
    up_to_date(run, counts)
