"""Third pass: every foreground voxel follows its vector to a skeleton and takes its id.

A block is read with as much around it as its vectors reach in one hop. The few walks
that leave what was read are finished from the stored arrays, so that an answer never
depends on where the blocks lie. Foreground that reached no skeleton may take the id of
its neighbours.

A device that is short of memory is left for the processor, whose ids are the same.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np
import torch

from skoots.events import BlockDone, Notice, StageStarted
from skoots.inference.box_parts import box_inside, grow_box
from skoots.inference.far_walks import FarWalks
from skoots.inference.grow import grow_labels
from skoots.inference.in_order import count_workers, work_in_order
from skoots.inference.labelled import open_labelled
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.inference.reach import landing_box, largest_region, limit_region
from skoots.inference.skeleton_mask import threshold_byte
from skoots.kernels.follow_vectors import ESCAPED, follow_vectors
from skoots.kernels.units import INT8_UNIT
from skoots.volume.tiling import box_shape, box_slices

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.inference.merge_table import Merged
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Block, Box

STAGE = "assign"

LATER_HOPS = 8
"""Voxels that are read around where first hops end: nearly all later ones stay inside,
and one that does not costs a read of its own."""

ALL = slice(0, 3)
"""All components of vectors."""

UNKNOWN = ESCAPED % 2**32
"""What stands for the id of a walk that left what was read."""

PROCESSOR = torch.device("cpu")

_LEFT_THE_DEVICE = (
    "The device is out of memory: vectors are followed on the processor from here on, "
    "which takes longer and gives the same labels."
)


def assign(
    run: RunFolder,
    merged: Merged,
    blocks: Sequence[Block],
    settings: InferenceConfig,
    device: torch.device,
) -> Generator[Event, Any, str]:
    """Write the instance ids of all labelled blocks.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    merged : Merged
        What `label` returned for the same blocks.
    blocks : sequence of Block
        All that are labelled.
    settings : InferenceConfig
        Threshold, hops, first hit, growing.
    device : torch.device
        Where vectors are followed.

    Yields
    ------
    StageStarted, BlockDone, Notice

    Returns
    -------
    str
        The key of this pass, under which its tables are kept: ``ids`` and ``counts``.
    """
    work = _Work(run, merged, settings, device)
    waiting = [b for b in blocks if not run.markers.is_done(STAGE, b, work.key)]
    done, total = len(blocks) - len(waiting), len(blocks)
    yield StageStarted(STAGE, done, total)
    depth, height, width = (n + 2 * settings.GROW for n in run.plan.block_zyx)
    workers = count_workers(largest_region((depth, height, width)))
    with closing(work_in_order(work.do, waiting, workers)) as finished:
        for block in finished:
            if work.device != device:
                device = work.device
                yield Notice(_LEFT_THE_DEVICE)
            done += 1
            z, y, x = ((s.start, s.stop) for s in block.core)
            yield BlockDone(STAGE, (z, y, x), done, total)
    return work.key


def follow(  # noqa: PLR0913  the kernel's arguments
    vectors: NDArray[np.int8],
    labels: NDArray[np.uint32],
    foreground: NDArray[np.bool_],
    settings: InferenceConfig,
    scale: tuple[float, float, float],
    device: torch.device,
    *,
    core: tuple[tuple[int, int], ...] | None = None,
    origin: Shape3 = (0, 0, 0),
    volume_shape: Shape3 | None = None,
) -> NDArray[np.uint32]:
    """Follow vectors held in numpy arrays; see `follow_vectors` for the rules."""
    ids = follow_vectors(
        torch.from_numpy(vectors).to(device),
        torch.from_numpy(labels.view(np.int32)).to(device),
        torch.from_numpy(foreground).to(device),
        scale,
        hops=settings.HOPS,
        first_hit=settings.FIRST_HIT,
        core=core,
        origin=origin,
        volume_shape=volume_shape,
    )
    return ids.cpu().numpy().view(np.uint32)


class _Work:
    """One block at a time, from several threads."""

    def __init__(
        self,
        run: RunFolder,
        merged: Merged,
        settings: InferenceConfig,
        device: torch.device,
    ) -> None:
        self._run = run
        self._settings = settings
        self.device = device
        least = threshold_byte(settings.PROBABILITY_THRESHOLD)
        self._labelled = open_labelled(run, merged, least)
        self._far_walks = FarWalks(self._labelled, run.plan, settings)
        parts = (
            merged.digest,
            settings.PROBABILITY_THRESHOLD,
            settings.HOPS,
            settings.FIRST_HIT,
            settings.GROW,
            settings.MIN_OBJECT_VOXELS,  # smaller ones are gone when a run ends
        )
        self.key = hashlib.sha256(repr(parts).encode()).hexdigest()

    def do(self, block: Block) -> Block:
        """Assign one block and say that it is done."""
        run = self._run
        ids = self._ids(block)
        found, counts = fastremap.unique(ids, return_counts=True)
        real = found > 0
        run.markers.unmark(STAGE, block)
        run.write(run.instances, block.core, ids)
        tables = {"ids": found[real], "counts": counts[real]}
        run.markers.mark(STAGE, block, self.key, tables)
        return block

    def _ids(self, block: Block) -> NDArray[np.uint32]:
        plan, grow = self._run.plan, self._settings.GROW
        # ids that grow into the block come from so far around it
        asked, core = grow_box(block.core, (grow,) * 3, plan.shape_zyx)
        foreground = self._labelled.foreground[box_slices(asked)]
        if not foreground[box_slices(core)].any():
            return np.zeros(box_shape(block.core), np.uint32)
        ids = self._follow(asked, foreground)
        self._far_walks.finish(ids, asked, UNKNOWN)
        grow_labels(ids, foreground, grow)
        return np.ascontiguousarray(ids[box_slices(core)])

    def _follow(self, asked: Box, foreground: NDArray[np.bool_]) -> NDArray[np.uint32]:
        """Give the ids of a box; `UNKNOWN` where a walk goes too far."""
        plan, labelled = self._run.plan, self._labelled
        region = self._region(asked, foreground)
        inner = box_inside(asked, region)
        asking = np.zeros(box_shape(region), bool)
        asking[box_slices(inner)] = foreground
        follow_on = partial(
            follow,
            labelled.vectors[(ALL, *box_slices(region))],
            labelled.ids[box_slices(region)],
            asking,
            self._settings,
            plan.model.vector_scaling_zyx,
            core=tuple((s.start, s.stop) for s in inner),
            origin=(region[0].start, region[1].start, region[2].start),
            volume_shape=plan.shape_zyx,
        )
        device = self.device  # another thread may leave it
        try:
            return follow_on(device)
        except (MemoryError, RuntimeError) as error:
            if device == PROCESSOR or not is_out_of_memory(error):
                raise
        # here, where the error no longer holds what lies on the device
        self.device = PROCESSOR
        return follow_on(PROCESSOR)

    def _region(self, asked: Box, foreground: NDArray[np.bool_]) -> Box:
        """Give what to read for the walks of a box: as far as they are likely to go."""
        plan = self._run.plan
        vectors = self._labelled.vectors[(ALL, *box_slices(asked))]
        vectors *= foreground
        z, y, x = (s / INT8_UNIT for s in plan.model.vector_scaling_zyx)
        landing = landing_box(vectors, (z, y, x), asked, plan.shape_zyx)
        region, _ = grow_box(landing, (LATER_HOPS,) * 3, plan.shape_zyx)
        return limit_region(region, asked)
