"""Walks that leave what a block has read, finished from the stored arrays.

They are few where the region around a block is well chosen, and may be all of a block
where it cannot be. So they are walked in pieces, hop by hop, and in each hop of a piece
every chunk that is landed in is read once: time is bounded by the walks, memory by the
piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.units import INT8_UNIT
from skoots.volume.tiling import Span, box_slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots.config import InferenceConfig
    from skoots.inference.labelled import LabelledVolume
    from skoots.run.plan import RunPlan
    from skoots.volume.tiling import Box

WALKS_AT_ONCE = 1 << 18
"""Some 20 MB of places and displacements."""


class FarWalks:
    """Follows the vectors of single voxels through the whole volume.

    Parameters
    ----------
    labelled : LabelledVolume
        Whose vectors are followed to ids.
    plan : RunPlan
        Holds the length of a vector.
    settings : InferenceConfig
        Hops and first hit.
    """

    def __init__(
        self, labelled: LabelledVolume, plan: RunPlan, settings: InferenceConfig
    ) -> None:
        self._labelled = labelled
        self._settings = settings
        self._chunk = np.array(plan.chunk_zyx)[:, None]
        self._last = np.array(plan.shape_zyx)[:, None] - 1
        # rounded once, as the kernel does, so that every sum is the same
        scale = np.array([[s / INT8_UNIT] for s in plan.model.vector_scaling_zyx])
        self._step_vox = scale.astype(np.float32)

    def finish(self, ids: NDArray[np.uint32], box: Box, unknown: int) -> None:
        """Give ids, in place, to the voxels of a box that have none yet.

        Parameters
        ----------
        ids : ndarray, (Z, Y, X), uint32
            Of the box.
        box : tuple of Span
            Where it lies in the volume.
        unknown : int
            What stands in `ids` where a walk has to be done again, from its start.
        """
        flat = ids.reshape(-1)
        waiting = np.flatnonzero(flat == np.uint32(unknown))
        corner = np.array([[span.start] for span in box])
        for first in range(0, len(waiting), WALKS_AT_ONCE):
            some = waiting[first : first + WALKS_AT_ONCE]
            start = np.stack(np.unravel_index(some, ids.shape)) + corner
            flat[some] = self._walk(start)

    def _walk(self, start: NDArray[np.int64]) -> NDArray[np.uint32]:
        """Give the ids where the walks from some voxels, (3, M), end."""
        first_hit = self._settings.FIRST_HIT
        moved = np.zeros(start.shape, np.float32)
        place = start.copy()
        walking = np.arange(start.shape[1])
        for _ in range(self._settings.HOPS):
            if first_hit:
                walking = walking[self._ids_at(place[:, walking]) == 0]
            vectors = self._vectors_at(place[:, walking])
            on = vectors.any(axis=0)  # a vector of exactly 0 ends a walk
            walking = walking[on]
            if not walking.size:
                break
            moved[:, walking] += vectors[:, on].astype(np.float32) * self._step_vox
            landed = start[:, walking] + np.rint(moved[:, walking]).astype(np.int64)
            place[:, walking] = np.clip(landed, 0, self._last)
        return self._ids_at(place)

    def _vectors_at(self, place: NDArray[np.int64]) -> NDArray[np.int8]:
        vectors = np.zeros(place.shape, np.int8)
        for here, inside, box in self._by_chunk(place):
            stored = self._labelled.vectors[(slice(0, 3), *box_slices(box))]
            vectors[:, here] = stored[(slice(None), *inside)]
        return vectors

    def _ids_at(self, place: NDArray[np.int64]) -> NDArray[np.uint32]:
        ids = np.zeros(place.shape[1], np.uint32)
        for here, inside, box in self._by_chunk(place):
            ids[here] = self._labelled.ids[box_slices(box)][tuple(inside)]
        return ids

    def _by_chunk(
        self, place: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Box]]:
        """Sort places by the chunk that holds them.

        Yields
        ------
        ndarray, (N,)
            Which of the places.
        ndarray, (3, N)
            Where they lie in the box.
        tuple of Span
            The smallest box around them: one chunk is read for it.
        """
        grid = tuple(int(n) for n in (self._last // self._chunk + 1)[:, 0])
        chunks = np.ravel_multi_index(tuple(place // self._chunk), grid)
        order = np.argsort(chunks, kind="stable")
        seams = np.flatnonzero(np.diff(chunks[order])) + 1
        for here in np.split(order, seams) if order.size else []:
            low, high = place[:, here].min(axis=1), place[:, here].max(axis=1) + 1
            z, y, x = map(Span, low.tolist(), high.tolist())
            yield here, place[:, here] - low[:, None], (z, y, x)
