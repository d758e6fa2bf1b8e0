"""What lies below strokes of this process, so that they can be taken back.

A stroke that is undone leaves no trace: its voxels hold what they would hold without
it, also if a job wrote them since, and are nobody's. For each painted voxel the label
that jobs gave it last is kept, and the labels that a person saw there before it was
painted: who brings one of these back by undoing takes back the first stroke there.
A stroke below which nothing is known any more is undone by painting what was seen.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.strokes import Painted

MOST_VOXELS = 1 << 23
"""Painted voxels that are known, at 16 bytes each; then those of other chunks go."""


class _Chunk:
    def __init__(self) -> None:
        self.places = np.zeros(0, np.int64)
        self.labels = np.zeros(0, np.uint32)
        self.seen = np.zeros(0, np.uint64)
        """Place and label in one number, rising."""

    def note(
        self, places: NDArray[np.int64], seen: NDArray[Any], now: NDArray[Any]
    ) -> None:
        where = np.searchsorted(self.places, places)
        known = _is_at(self.places, where, places)
        self.labels[where[known]] = now[known]
        new, where = ~known, where[~known]
        self.places = np.insert(self.places, where, places[new])
        self.labels = np.insert(self.labels, where, now[new])
        keys = _keys(places, seen)
        where = np.searchsorted(self.seen, keys)
        new = ~_is_at(self.seen, where, keys)
        self.seen = np.insert(self.seen, where[new], keys[new])


class Below:
    """What lies below the strokes in one run, chunk by chunk; the caller holds these.

    It is forgotten when another process may have written the run.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._chunks: OrderedDict[Shape3, _Chunk] = OrderedDict()

    def forget(self) -> None:
        """Know nothing: the labels may be others."""
        with self._lock:
            self._chunks.clear()

    def note(
        self,
        part: Painted,
        fresh: NDArray[np.bool_],
        seen: NDArray[Any],
        now: NDArray[Any],
    ) -> None:
        """Keep what a stroke is about to cover.

        Parameters
        ----------
        part : Painted
            Of the stroke.
        fresh : ndarray, (N,), bool
            Which of its voxels nobody painted before.
        seen : ndarray, (N,)
            Their labels as the person saw them.
        now : ndarray, (Z, Y, X)
            The chunk.
        """
        places = _places(part, now.shape)[fresh]
        if not places.size:
            return
        with self._lock:
            chunk = self._chunks.setdefault(part.index, _Chunk())
            self._chunks.move_to_end(part.index)
            chunk.note(places, seen[fresh], now.reshape(-1)[places])
            total = sum(len(c.seen) for c in self._chunks.values())
            while total > MOST_VOXELS and len(self._chunks) > 1:
                total -= len(self._chunks.popitem(last=False)[1].seen)

    def derived(self, index: Shape3, labels: NDArray[Any]) -> None:
        """Say what a job would store in a chunk, (Z, Y, X), if nobody had painted."""
        with self._lock:
            chunk = self._chunks.get(index)
            if chunk is not None:
                chunk.labels = labels.reshape(-1)[chunk.places].astype(np.uint32)

    def erase(self, labels: NDArray[Any]) -> None:
        """Say that jobs erase some labels wherever they are."""
        with self._lock:
            for chunk in self._chunks.values():
                chunk.labels[np.isin(chunk.labels, labels)] = 0

    def under(
        self, part: Painted, shape: tuple[int, ...]
    ) -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
        """Say where undoing brings back what nobody painted, and what is there now.

        Parameters
        ----------
        part : Painted
            What is brought back.
        shape : tuple of int
            Of the chunk.

        Returns
        -------
        bare : ndarray, (N,), bool
            Which of its voxels become nobody's.
        labels : ndarray, (N,), uint32
            What they hold then.
        """
        places = _places(part, shape)
        with self._lock:
            chunk = self._chunks.get(part.index, None) or _Chunk()
            keys = _keys(places, np.broadcast_to(part.labels, places.shape))
            bare = _is_at(chunk.seen, np.searchsorted(chunk.seen, keys), keys)
            labels = np.zeros(len(places), np.uint32)
            where = np.searchsorted(chunk.places, places[bare])
            labels[bare] = chunk.labels[where]
        return bare, labels


def _places(part: Painted, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Give the painted voxels of a part, rising, by their place in the chunk."""
    z, y, x = (
        i + start for i, start in zip(part.changed.nonzero(), part.start, strict=True)
    )
    return np.asarray((z * shape[1] + y) * shape[2] + x, np.int64)


def _keys(places: NDArray[np.int64], labels: NDArray[Any]) -> NDArray[np.uint64]:
    return (places.astype(np.uint64) << np.uint64(32)) | labels.astype(np.uint64)


def _is_at(
    known: NDArray[Any], where: NDArray[np.intp], wanted: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether sorted numbers have the wanted ones, where `searchsorted` says."""
    found = np.zeros(len(wanted), bool)
    inside = where < len(known)
    found[inside] = known[where[inside]] == wanted[inside]
    return found
