"""Last pass: small objects go, the labels get their pyramid and say what they are.

Every step can be done twice without harm, and each block of each step is marked, so a
process that dies here loses nothing. Whatever is assigned again takes all these marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.events import BlockDone, StageStarted
from skoots.inference import assign
from skoots.inference.pyramid import (
    blocks_of_painted,
    coarsen,
    painted_since,
    plan_levels,
    up_to_date,
)
from skoots.run.layout import LABELS
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots.events import Event
    from skoots.inference.pyramid import Level
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Block

STAGE = "finish"
SMALL = f"{STAGE}/small"
GRID = f"{STAGE}/0"


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
    run.settle_strokes()  # before levels are made of them
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
    work.end()
    run.describe([(1, 1, 1), *(level.step for level in levels)])
    return work.count() if run.plan.resampled else len(ids) - len(small)


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


def _number(stage: str) -> int:
    """Give the level that a step makes; 0 if it makes none."""
    end = stage.rpartition("/")[2]
    return int(end) if end.isdecimal() else 0


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
        self._counts = painted_since(run)
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
        """List the blocks without a mark, or painted since they got it."""
        markers, level = self._run.markers, self._levels.get(_number(stage))
        markers.begin(stage)
        painted = blocks_of_painted(self._run, level, self._counts) if level else []
        again = {b.index for b in painted}
        return [
            b
            for b in blocks
            if b.index in again or not markers.is_done(stage, b, self._key)
        ]

    def end(self) -> None:
        """Say that the levels hold what was painted before."""
        up_to_date(self._run, self._counts)

    def _blocks_of(self, level: Level) -> list[Block]:
        """List the blocks of a level, whose array is there from now on."""
        run = self._run
        if not run.has_array(level.name, level.shape):
            run.markers.clear(f"{STAGE}/{level.number}")
            run.new_level(level.number, level.shape)
        return run.blocks_of(level.name)

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
            coarsen(run, self._levels[_number(stage)], block)
        run.markers.mark(stage, block, self._key, tables)

    def _erase(self, block: Block) -> None:
        run = self._run
        here = run.markers.tables(assign.STAGE, block, only=("ids",))["ids"]
        gone = np.intersect1d(here, self._small)
        if gone.size:
            # the table keeps the counts from before: done twice, nothing changes
            part = fastremap.mask(run.read(run.instances, block.core), gone.tolist())
            run.write(run.instances, block.core, part, derived=False)
            run.edits.below.erase(gone)

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

    def count(self) -> int:
        """Count the objects that are on the image's grid."""
        ids = [
            self._run.markers.tables(GRID, block, only=("ids",))["ids"]
            for block in self._run.blocks_of(f"{LABELS}/0")
        ]
        return int(np.count_nonzero(np.unique(np.concatenate(ids))))
