"""Boxes that may overlap, as such that do not, and objects that end at their faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.volume.array_source import Array


def voxels_in(box: TaughtBox) -> int:
    """Count the voxels of a box."""
    return int(np.prod(np.subtract(box.stop_zyx, box.start_zyx), dtype=np.int64))


def disjoint_parts(boxes: Iterable[TaughtBox]) -> list[tuple[int, TaughtBox]]:
    """Cut boxes up into such that share no voxel, and say which box each is of.

    What two share is the former's.
    """
    found: list[tuple[int, TaughtBox]] = []
    for place, box in enumerate(boxes):
        parts = [box]
        for _, other in found:
            parts = [rest for part in parts for rest in _without(part, other)]
        found += [(place, part) for part in parts]
    return found


def _without(box: TaughtBox, other: TaughtBox) -> list[TaughtBox]:
    """Give what is left of a box where another one is taken away, as boxes."""
    low = np.maximum(box.start_zyx, other.start_zyx)
    high = np.minimum(box.stop_zyx, other.stop_zyx)
    if (low >= high).any():
        return [box]
    parts = []
    start, stop = np.array(box.start_zyx), np.array(box.stop_zyx)
    for axis in range(3):
        for a, b in ((start[axis], low[axis]), (high[axis], stop[axis])):
            if a < b:
                first, last = start.copy(), stop.copy()
                first[axis], last[axis] = a, b
                parts.append(type(box)(_triple(first), _triple(last)))
        start[axis], stop[axis] = low[axis], high[axis]
    return parts


def _triple(values: NDArray[np.int64]) -> Shape3:
    z, y, x = (int(n) for n in values)
    return z, y, x


def cut_objects(
    labels: Array, boxes: Iterable[TaughtBox], shape: Shape3
) -> tuple[int, ...]:
    """List objects that reach a face of a box and do not go on behind it."""
    found: set[int] = set()
    for box in boxes:
        for axis in range(3):
            low, high = box.start_zyx[axis], box.stop_zyx[axis]
            faces = [(low, low - 1)] if low > 0 else []
            faces += [(high - 1, high)] if high < shape[axis] else []
            for inner, outer in faces:
                here, behind = (_ids(labels, box, axis, n) for n in (inner, outer))
                found |= here - behind
    return tuple(sorted(found))


def _ids(labels: Array, box: TaughtBox, axis: int, position: int) -> set[int]:
    """List the ids of a plane of a box, or of one beside it."""
    index = list(box_slices(box.box))
    index[axis] = slice(position, position + 1)
    plane = np.asarray(labels[index[0], index[1], index[2]])
    return {int(i) for i in np.unique(plane) if i > 0}
