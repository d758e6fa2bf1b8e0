"""Third pass: every foreground voxel follows its vector to a skeleton and takes its id.

A block is read with a halo. The few walks that leave what was read are finished one by
one, voxel by voxel, from the stored arrays, so that an answer never depends on where
the blocks lie. Foreground that reached no skeleton may take the id of its neighbours.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np
import torch

from skoots.events import BlockDone, StageStarted
from skoots.inference.box_parts import keep_blocks, split_box
from skoots.inference.grow import grow_labels
from skoots.inference.label import count_workers, grow_box, threshold_byte
from skoots.kernels.follow_vectors import ESCAPED, follow_vectors
from skoots.volume.tiling import box_shape, box_slices

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.inference.label import Merged
    from skoots.inference.run_folder import RunFolder
    from skoots.volume.tiling import Block, Box

STAGE = "assign"

INT8_UNIT = 127.0
"""What a stored vector component of 1 is."""


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
    StageStarted, BlockDone

    Returns
    -------
    str
        The key of this pass, under which its tables are kept: ``ids`` and ``counts``.
    """
    work = _Work(run, merged, settings, device)
    waiting = [b for b in blocks if not run.markers.is_done(STAGE, b, work.key)]
    done, total = len(blocks) - len(waiting), len(blocks)
    yield StageStarted(STAGE, done, total)
    with ThreadPoolExecutor(count_workers(run.plan.block_zyx)) as pool:
        try:
            for block in pool.map(work.do, waiting):
                done += 1
                z, y, x = ((s.start, s.stop) for s in block.core)
                yield BlockDone(STAGE, (z, y, x), done, total)
        finally:
            pool.shutdown(cancel_futures=True)
    return work.key


def follow(
    vectors: NDArray[np.int8],
    labels: NDArray[np.uint32],
    foreground: NDArray[np.bool_],
    settings: InferenceConfig,
    scale: tuple[float, float, float],
    device: torch.device,
    **place: Any,
) -> NDArray[np.uint32]:
    """Follow vectors held in numpy arrays; see `follow_vectors` for the rules."""
    ids = follow_vectors(
        torch.from_numpy(vectors).to(device),
        torch.from_numpy(labels.view(np.int32)).to(device),
        torch.from_numpy(foreground).to(device),
        scale,
        hops=settings.HOPS,
        first_hit=settings.FIRST_HIT,
        **place,
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
        self._merged = merged
        self._settings = settings
        self._device = device
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
        plan, settings = self._run.plan, self._settings
        least = threshold_byte(settings.PROBABILITY_THRESHOLD)
        # ids that grow into the block come from so far around it
        asked, core = grow_box(block.core, (settings.GROW,) * 3, plan.shape_zyx)
        read, inner = grow_box(asked, plan.halo_zyx, plan.shape_zyx)
        foreground = self._run.read("probability", read) > least
        keep_blocks(foreground, read, plan.block_zyx, self._merged.ranges)
        if not foreground[box_slices(inner)].any():
            return np.zeros(box_shape(block.core), np.uint32)
        ids = follow(
            self._run.read("vectors", read),
            self._labels(read),
            foreground,
            settings,
            plan.model.vector_scaling_zyx,
            self._device,
            core=tuple((s.start, s.stop) for s in inner),
            origin=tuple(s.start for s in read),
            volume_shape=plan.shape_zyx,
        )
        self._finish_walks(ids, asked)
        grow_labels(ids, foreground[box_slices(inner)], settings.GROW)
        return np.ascontiguousarray(ids[box_slices(core)])

    def _labels(self, box: Box) -> NDArray[np.uint32]:
        """Give the final ids of the skeletons in a box, block by block."""
        labels: NDArray[np.uint32] = self._run.read("components", box)
        for index, place in split_box(box, self._run.plan.block_zyx):
            part = labels[place]
            if part.any():
                part[...] = self._merged.ids_at(index, part)
        return labels

    def _finish_walks(self, ids: NDArray[np.uint32], box: Box) -> None:
        """Walk on, from the start, where a walk left what was read."""
        escaped = np.stack(np.nonzero(ids == np.uint32(ESCAPED % 2**32)))
        if escaped.size:
            corner = np.array([[s.start] for s in box])
            ids[tuple(escaped)] = self._walk(escaped + corner)

    def _walk(self, start: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Follow the vectors of single voxels, (3, M), through the whole volume."""
        plan, settings = self._run.plan, self._settings
        # rounded once, as the kernel does, so that every sum is the same
        scale = np.array([[s / INT8_UNIT] for s in plan.model.vector_scaling_zyx])
        step_vox = scale.astype(np.float32)
        last = np.array(plan.shape_zyx)[:, None] - 1
        moved = np.zeros(start.shape, np.float32)
        place = start.copy()
        ids = self._ids_at(place)
        walking = np.arange(start.shape[1])
        for _ in range(settings.HOPS):
            if settings.FIRST_HIT:
                walking = walking[ids[walking] == 0]
            vectors = self._run.read_points("vectors", place[:, walking])
            on = vectors.any(axis=0)  # a vector of exactly 0 ends a walk
            walking = walking[on]
            if not walking.size:
                break
            moved[:, walking] += vectors[:, on].astype(np.float32) * step_vox
            landed = start[:, walking] + np.rint(moved[:, walking]).astype(np.int64)
            place[:, walking] = np.clip(landed, 0, last)
            ids[walking] = self._ids_at(place[:, walking])
        return ids

    def _ids_at(self, place: NDArray[np.int64]) -> NDArray[np.uint32]:
        components = self._run.read_points("components", place)
        blocks = place // np.array(self._run.plan.block_zyx)[:, None]
        ids = np.zeros(len(components), np.uint32)
        for index in np.unique(blocks[:, components > 0], axis=1).T:
            here = (blocks == index[:, None]).all(axis=0)
            i, j, k = (int(n) for n in index)
            ids[here] = self._merged.ids_at((i, j, k), components[here])
        return ids
