"""Objects in several pieces, and ids that stand for objects in far places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cc3d
import numpy as np
from scipy import ndimage

from skoots.events import ObjectsDone, StageStarted
from skoots.teach.stored_parts import stored_parts

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import zarr
    from numpy.typing import NDArray

    from skoots.events import Event
    from skoots.validate.measure import ObjectTable

_FAR, _TIMES = 50, 2
"""Pieces that are further apart, in voxels and in lengths of the longest, are no one
object."""

_MOST = 1 << 24
"""An object in a larger box is looked at in coarser steps: its pieces are far apart."""


STAGE = "measure"
"""As the rest of a look: who shows it names both alike."""

_SOME = 64
"""Objects that are looked at between two events: a few milliseconds."""

_WINDOW, _BEYOND = (64, 256, 256), (32, 64, 64)
"""What is read at once for many objects, and how far beyond they may reach."""


@dataclass(frozen=True, slots=True)
class Scattered:
    """An object in several pieces."""

    id: int
    pieces: int = 2
    distance: int = 0
    """From one piece to the rest, in voxels, where that is far; else 0."""

    @property
    def far(self) -> bool:
        """Whether it can be no one object."""
        return self.distance > 0


def find_scattered(
    labels: zarr.Array[Any],
    table: ObjectTable,
    before: ObjectTable | None = None,
    known: Sequence[Scattered] = (),
) -> Generator[Event, None, tuple[Scattered, ...]]:
    """List the objects in several pieces.

    Parameters
    ----------
    labels : zarr.Array
        (Z, Y, X).
    table : ObjectTable
        Of all objects.
    before, known : ObjectTable and sequence of Scattered, optional
        What was found the last time: an object of the same size at the same place is as
        it was.

    Yields
    ------
    StageStarted, ObjectsDone

    Returns
    -------
    tuple of Scattered
    """
    ids, same = table.ids.tolist(), _unchanged(table, before)
    found = {one.id: one for one in known if one.id in same}
    rows = [row for row, number in enumerate(ids) if number not in same]
    window = _Window(labels)
    yield StageStarted(STAGE, 0, len(rows))
    for done, row in enumerate(_by_place(rows, table), 1):
        one = _look_at(window, ids[row], table.box_zyx[row])
        if one is not None:
            found[one.id] = one
        if not done % _SOME:
            yield ObjectsDone(STAGE, done, len(rows))
    return tuple(found[number] for number in ids if number in found)


class _Window:
    """Labels of which a part stays in memory: objects lie side by side."""

    def __init__(self, labels: zarr.Array[Any]) -> None:
        self.labels = labels
        self._low = self._high = np.zeros(3, np.int64)
        self._part: NDArray[Any] = np.zeros((0, 0, 0), labels.dtype)

    def read(self, box: NDArray[np.int64]) -> NDArray[Any]:
        """Give a part, which may be some moments old."""
        low, high = box[:, 0], box[:, 1]
        if (low < self._low).any() or (high > self._high).any():
            self._low = low // _WINDOW * _WINDOW
            wide = np.maximum(high, self._low + _WINDOW + _BEYOND)
            self._high = np.minimum(wide, self.labels.shape)
            pairs = zip(self._low.tolist(), self._high.tolist(), strict=True)
            z, y, x = (slice(a, b) for a, b in pairs)
            self._part = np.asarray(self.labels[z, y, x])
        pairs = zip(
            (low - self._low).tolist(), (high - self._low).tolist(), strict=True
        )
        z, y, x = (slice(a, b) for a, b in pairs)
        part: NDArray[Any] = self._part[z, y, x]
        return part


def _by_place(rows: list[int], table: ObjectTable) -> list[int]:
    """Bring objects into an order in which those of one window follow each other."""
    windows = (table.box_zyx[:, :, 0] // _WINDOW).tolist()
    return sorted(rows, key=lambda row: windows[row])


def _unchanged(table: ObjectTable, before: ObjectTable | None) -> set[int]:
    if before is None:
        return set()
    rows = {number: row for row, number in enumerate(before.ids.tolist())}
    return {
        number
        for row, number in enumerate(table.ids.tolist())
        if (old := rows.get(number)) is not None
        and table.voxels[row] == before.voxels[old]
        and (table.box_zyx[row] == before.box_zyx[old]).all()
        and (table.centroid_zyx[row] == before.centroid_zyx[old]).all()
    }


def _look_at(window: _Window, number: int, box: NDArray[np.int64]) -> Scattered | None:
    solid, step = _mask(window, number, box)
    pieces, count = cc3d.connected_components(
        solid.view(np.uint8), connectivity=26, return_N=True
    )
    if count < 2:
        return None
    return Scattered(number, count, _distance(pieces, count, step))


def _mask(
    window: _Window, number: int, box: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], int]:
    """Give an object in its box; in a large one, of each few voxels whether any is."""
    size = box[:, 1] - box[:, 0]
    step = max(1, math.ceil((float(np.prod(size)) / _MOST) ** (1 / 3)))
    if step == 1:
        return window.read(box) == number, 1
    labels = window.labels
    solid = np.zeros(-(-size // step), bool)
    for part in stored_parts(labels):
        spans = np.array([(span.start, span.stop) for span in part])
        low, high = (
            np.maximum(spans[:, 0], box[:, 0]),
            np.minimum(spans[:, 1], box[:, 1]),
        )
        if (low >= high).any():
            continue
        z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        there = np.argwhere(np.asarray(labels[z, y, x]) == number)
        solid[tuple(((there + low - box[:, 0]) // step).T)] = True
    return solid, step


def _distance(pieces: NDArray[Any], count: int, step: int) -> int:
    """Give how far the piece that lies alone is from the rest; 0 where it is near."""
    boxes = ndimage.find_objects(pieces)
    low = np.array([[s.start for s in box] for box in boxes]) * step
    high = np.array([[s.stop for s in box] for box in boxes]) * step
    longest = int((high - low).max())
    farthest = 0.0
    for one in range(min(count, 50)):
        gaps = np.maximum(low - high[one], low[one] - high).clip(0)
        between = np.sqrt((gaps**2).sum(axis=1))
        between[one] = np.inf
        farthest = max(farthest, float(between.min()))
    return round(farthest) if farthest > max(_FAR, _TIMES * longest) else 0
