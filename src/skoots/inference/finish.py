"""Last pass: small objects go, the labels get their pyramid and say what they are.

Every step can be done twice without harm, and each block of each step is marked, so a
process that dies here loses nothing. Whatever is assigned again takes all these marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.events import BlockDone, StageStarted
from skoots.inference import assign
from skoots.run.layout import LABELS
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Block

STAGE = "finish"
SMALL = f"{STAGE}/small"
GRID = f"{STAGE}/0"

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
    levels = plan_levels(run.plan.image.shape_zyx, run.voxel_size)
    work = _Work(run, small, levels, f"{key} {least} {levels}")
    waiting = work.waiting(blocks)
    total = work.total
    done = total - len(waiting)
    yield StageStarted(STAGE, done, total)
    for stage, block in waiting:
        work.do(stage, block)
        done += 1
        z, y, x = ((s.start, s.stop) for s in block.core)
        yield BlockDone(STAGE, (z, y, x), done, total)
    run.describe([(1, 1, 1), *(level.step for level in levels)])
    return work.count() if run.plan.resampled else len(ids) - len(small)


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


class _Work:
    """One block of one step at a time, each marked when it is on the disk.

    The steps, in this order, are passes by the names ``finish/small`` (objects erased
    on the network's grid), ``finish/0`` (labels brought to the image's grid) and
    ``finish/1``, ``finish/2``, ... (levels of the pyramid).
    """

    def __init__(
        self,
        run: RunFolder,
        small: NDArray[np.uint32],
        levels: Sequence[Level],
        key: str,
    ) -> None:
        self._run = run
        self._small = small
        self._levels = {level.number: level for level in levels}
        self._key = key
        self.total = 0
        axes = zip(run.plan.image.shape_zyx, run.plan.shape_zyx, strict=True)
        self._nearest = [nearest_indices(n, m) for n, m in axes]

    def waiting(self, blocks: Sequence[Block]) -> list[tuple[str, Block]]:
        """List what is to be done, and count what there is; make the levels anew."""
        steps: list[tuple[str, Sequence[Block]]] = []
        if self._small.size:
            steps.append((SMALL, blocks))
        if self._run.plan.resampled:
            steps.append((GRID, self._run.blocks_of(f"{LABELS}/0")))
        steps += [
            (f"{STAGE}/{number}", self._blocks_of(level))
            for number, level in self._levels.items()
        ]
        self.total = sum(len(some) for _, some in steps)
        return [(stage, b) for stage, some in steps for b in self._undone(stage, some)]

    def _undone(self, stage: str, blocks: Sequence[Block]) -> list[Block]:
        markers = self._run.markers
        markers.begin(stage)
        return [b for b in blocks if not markers.is_done(stage, b, self._key)]

    def _blocks_of(self, level: Level) -> list[Block]:
        """List the blocks of a level, whose array is there from now on."""
        run, name = self._run, f"{LABELS}/{level.number}"
        if not run.has_array(name, level.shape):
            run.markers.clear(f"{STAGE}/{level.number}")
            run.new_level(level.number, level.shape)
        return run.blocks_of(name)

    def do(self, stage: str, block: Block) -> None:
        """Do one step for one block and mark it."""
        run = self._run
        tables: dict[str, NDArray[np.uint32]] = {}
        run.markers.unmark(stage, block)
        if stage == SMALL:
            self._erase(block)
        elif stage == GRID:
            tables["ids"] = self._to_image_grid(block)
        else:
            self._coarsen(self._levels[int(stage.rpartition("/")[2])], block)
        run.markers.mark(stage, block, self._key, tables)

    def _erase(self, block: Block) -> None:
        run = self._run
        here = run.markers.tables(assign.STAGE, block, only=("ids",))["ids"]
        gone = np.intersect1d(here, self._small)
        if gone.size:
            # the table keeps the counts from before: done twice, nothing changes
            part = fastremap.mask(run.read(run.instances, block.core), gone.tolist())
            run.write(run.instances, block.core, part)

    def _to_image_grid(self, block: Block) -> NDArray[np.uint32]:
        """Bring labels to the image's grid, by the nearest voxel; give their ids."""
        picked = [
            indices[span.slice]
            for indices, span in zip(self._nearest, block.core, strict=True)
        ]
        z, y, x = (Span(int(p[0]), int(p[-1]) + 1) for p in picked)
        part = self._run.read(self._run.instances, (z, y, x))
        part = part[np.ix_(*(p - p[0] for p in picked))]
        self._run.write(f"{LABELS}/0", block.core, part)
        return np.asarray(fastremap.unique(part), np.uint32)

    def _coarsen(self, level: Level, block: Block) -> None:
        """Take every other voxel of the level before."""
        run, before = self._run, self._levels.get(level.number - 1)
        shape = before.shape if before else run.plan.image.shape_zyx
        z, y, x = (
            Span(span.start * taken, min(length, span.stop * taken))
            for span, taken, length in zip(block.core, level.taken, shape, strict=True)
        )
        part = run.read(f"{LABELS}/{level.number - 1}", (z, y, x))
        dz, dy, dx = level.taken
        run.write(f"{LABELS}/{level.number}", block.core, part[::dz, ::dy, ::dx])

    def count(self) -> int:
        """Count the objects that are on the image's grid."""
        ids = [
            self._run.markers.tables(GRID, block, only=("ids",))["ids"]
            for block in self._run.blocks_of(f"{LABELS}/0")
        ]
        return int(np.count_nonzero(np.unique(np.concatenate(ids))))
