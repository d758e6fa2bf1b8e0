"""Third pass: every foreground voxel follows its vector to a skeleton and takes its id.

A block is read with a halo. The few walks that leave what was read are finished one by
one, voxel by voxel, from the stored arrays, so that an answer never depends on where
the blocks lie. Foreground that reached no skeleton may take the id of its neighbours.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np
import torch

from skoots.events import BlockDone, StageStarted
from skoots.inference.grow import grow_labels
from skoots.inference.label import WORKERS, grow_box, threshold_byte
from skoots.inference.storage import storage_errors
from skoots.kernels.follow_vectors import ESCAPED, follow_vectors
from skoots.volume.tiling import Span, box_slices

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
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
    merged : Merged
        What `label` returned for the same blocks.
    blocks : sequence of Block
    settings : InferenceConfig
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
    waiting = [b for b in blocks if not run.is_done(STAGE, b, work.key)]
    done, total = len(blocks) - len(waiting), len(blocks)
    yield StageStarted(STAGE, done, total)
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for block in pool.map(work.do, waiting):
                done += 1
                z, y, x = ((s.start, s.stop) for s in block.core)
                yield BlockDone(STAGE, (z, y, x), done, total)
        finally:
            pool.shutdown(cancel_futures=True)
    return work.key


def follow(  # noqa: PLR0913 - a region and the rules for it
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
        self._by_index = {b.index: b for b in run.blocks}
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
        with storage_errors(run.path):
            run.instances[box_slices(block.core)] = ids
            tables = {"ids": found[real], "counts": counts[real]}
            run.mark(STAGE, block, self.key, tables)
        return block

    def _ids(self, block: Block) -> NDArray[np.uint32]:
        plan, settings = self._run.plan, self._settings
        least = threshold_byte(settings.PROBABILITY_THRESHOLD)
        grow = (settings.GROW,) * 3
        # ids that grow into the block come from so far around it
        asked, core = grow_box(block.core, grow, plan.shape_zyx)
        read, inner = grow_box(asked, plan.halo_zyx, plan.shape_zyx)
        foreground = self._run.array("probability")[box_slices(read)] > least
        if not foreground[box_slices(inner)].any():
            return np.zeros([s.size for s in block.core], np.uint32)
        ids = follow(
            np.asarray(self._run.array("vectors")[(slice(None), *box_slices(read))]),
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
        labels = np.asarray(self._run.array("components")[box_slices(box)], np.uint32)
        size = self._run.plan.block_zyx
        ranges = (
            range(s.start // n, -(-s.stop // n)) for s, n in zip(box, size, strict=True)
        )
        for index in product(*ranges):
            block = self._by_index[index]
            part = tuple(
                Span(max(a.start, b.start) - b.start, min(a.stop, b.stop) - b.start)
                for a, b in zip(block.core, box, strict=True)
            )
            inside = labels[box_slices(part)]
            if inside.any():
                inside[...] = self._merged.ids_of(block)[inside]
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
        # the same float32 steps as the kernel: int8 times voxels per stored unit
        scale = np.array(plan.model.vector_scaling_zyx, np.float32) / INT8_UNIT
        last = np.array(plan.shape_zyx)[:, None] - 1
        moved = np.zeros(start.shape, np.float32)
        place = start
        ids = self._ids_at(place)
        walking = np.ones(start.shape[1], bool)
        for _ in range(settings.HOPS):
            if settings.FIRST_HIT:
                walking &= ids == 0
            step = self._vectors_at(place[:, walking])
            moved[:, walking] += step * scale[:, None].astype(np.float32)
            place = np.clip(start + np.rint(moved).astype(np.int64), 0, last)
            ids[walking] = self._ids_at(place[:, walking])
            walking[walking] = step.any(axis=0)
            if not walking.any():
                break
        return ids

    def _vectors_at(self, place: NDArray[np.int64]) -> NDArray[np.float32]:
        array = self._run.array("vectors")
        z, y, x = place
        return np.stack(
            [array.vindex[np.full_like(z, c), z, y, x] for c in range(3)]
        ).astype(np.float32)

    def _ids_at(self, place: NDArray[np.int64]) -> NDArray[np.uint32]:
        z, y, x = place
        components = np.asarray(self._run.array("components").vindex[z, y, x])
        blocks = place // np.array(self._run.plan.block_zyx)[:, None]
        ids = np.zeros(len(components), np.uint32)
        for index in np.unique(blocks[:, components > 0], axis=1).T:
            here = (blocks == index[:, None]).all(axis=0)
            block = self._by_index[_shape3(index)]
            ids[here] = self._merged.ids_of(block)[components[here]]
        return ids


def _shape3(index: NDArray[np.int64]) -> Shape3:
    z, y, x = (int(i) for i in index)
    return z, y, x
