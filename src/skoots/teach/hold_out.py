"""What is kept aside, so that it can be said how good a model is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.teach.box_sets import voxels_in
from skoots.train.data.taught_boxes import TaughtBox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from skoots.teach.painted import Painted

SHARE = 0.2
"""Of the objects that lie in boxes."""

LARGEST = 1 << 21
"""Voxels that are held out at most, where nobody says what is: they are segmented every
few seconds while a model is taught."""


def hold_out(painted: Sequence[Painted]) -> list[tuple[TaughtBox, ...]]:
    """Choose which boxes, or parts of boxes, training does not see.

    A box that the user holds out is that; else a whole box, if there are several and
    one has about a fifth of the objects, and others say what background is; else the
    end of the box with most of them, where the cut goes through as few objects as it
    can, and of a large end a part with many of them.

    Parameters
    ----------
    painted : sequence of Painted
        Of every example of a project.

    Returns
    -------
    list of tuple of TaughtBox
        The boxes of each example, those that are held out among them. Nothing is held
        out where no two objects lie in boxes.
    """
    found = [one.boxes for one in painted]
    if any(box.held_out for boxes in found for box in boxes):
        return found
    places = [(i, j) for i, one in enumerate(painted) for j in range(len(one.boxes))]
    counts = [len(_inside(painted[i], painted[i].boxes[j])) for i, j in places]
    total = sum(counts)
    if total < 2:
        return found
    wanted = max(1, round(SHARE * total))
    background = sum(sum(one.background) for one in painted)
    spare = [background > painted[i].background[j] for i, j in places]
    best = min(
        range(len(places)), key=lambda k: (not spare[k], abs(counts[k] - wanted), k)
    )
    i, j = places[best]
    box = painted[i].boxes[j]
    few = 1 <= counts[best] <= min(2 * wanted, total - 1)
    if few and spare[best] and voxels_in(box) <= LARGEST:
        held = TaughtBox(box.start_zyx, box.stop_zyx, held_out=True)
        found[i] = (*found[i][:j], held, *found[i][j + 1 :])
        return found
    i, j = places[int(np.argmax(counts))]
    part = _end_of(painted[i], painted[i].boxes[j], wanted)
    if part is not None:
        found[i] = (*found[i], _within_limits(painted[i], part))
    return found


def _within_limits(painted: Painted, box: TaughtBox) -> TaughtBox:
    """Halve a box, along its longest axis, until it is small: the fuller half stays."""
    while voxels_in(box) > LARGEST:
        start, stop = np.array(box.start_zyx), np.array(box.stop_zyx)
        axis = int(np.argmax(stop - start))
        half = (start[axis] + stop[axis]) // 2
        low, high = stop.copy(), start.copy()
        low[axis] = high[axis] = half
        halves = (_held(start, low), _held(high, stop))
        box = max(halves, key=lambda one: len(_inside(painted, one)))
    return box


def _held(start: NDArray[np.int64], stop: NDArray[np.int64]) -> TaughtBox:
    (a, b, c), (d, e, f) = start.tolist(), stop.tolist()
    return TaughtBox((a, b, c), (d, e, f), held_out=True)


def _end_of(painted: Painted, box: TaughtBox, wanted: int) -> TaughtBox | None:
    """Give the end of a box with so many objects; None where none leaves others."""
    extents = _inside(painted, box)
    if len(extents) <= wanted or max(box.box, key=lambda span: span.size).size < 2:
        return None
    _, _, axis, low, high = min(_cuts(extents, box, wanted))
    start, stop = np.array(box.start_zyx), np.array(box.stop_zyx)
    start[axis], stop[axis] = low, high
    return _held(start, stop)


def _cuts(
    extents: NDArray[np.int64], box: TaughtBox, wanted: int
) -> Iterator[tuple[int, float, int, int, int]]:
    """Yield objects that are cut, the share of the box, axis, start and stop."""
    for axis in range(3):
        low, high = box.start_zyx[axis], box.stop_zyx[axis]
        if high - low < 2:  # one voxel has no end
            continue
        starts, stops = extents[:, axis, 0], extents[:, axis, 1]
        near = int(np.clip(np.sort(stops)[wanted - 1], low + 1, high - 1))
        far = int(np.clip(np.sort(starts)[-wanted], low + 1, high - 1))
        for place, start, stop in ((near, low, near), (far, far, high)):
            crossing = int(((starts < place) & (stops > place)).sum())
            yield crossing, (stop - start) / (high - low), axis, start, stop


def _inside(painted: Painted, box: TaughtBox) -> NDArray[np.int64]:
    """Give the extents of the objects whose middle lies in a box, (K, 3, 2)."""
    table = painted.objects
    middles = table.centroid_zyx
    within = (middles >= box.start_zyx) & (middles < box.stop_zyx)
    return table.box_zyx[within.all(axis=1)]
