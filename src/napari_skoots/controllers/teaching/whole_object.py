"""An object of another layer, read whole and written where nothing is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import TrainingError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_skoots.controllers.teaching.picking import Picked
    from skoots._types import Shape3
    from skoots.events import Event

    Box = tuple[slice, slice, slice]

_AROUND = (4, 32, 32)
"""Voxels around the click that are read first, along Z, Y, X."""

_MOST = 1 << 27
"""An object in a larger box is not copied: it takes half a gigabyte to read."""


@dataclass(frozen=True, slots=True, eq=False)
class Copied:
    """What was written into the example."""

    number: int
    box: Box
    changed: NDArray[np.bool_]
    voxels: int
    """Of the object."""


def read_object(
    data: Any, number: int, voxel: Shape3
) -> Generator[Event, Any, tuple[Box, NDArray[np.bool_]]]:
    """Read an object whole: what is read grows until its faces are free of it.

    Parameters
    ----------
    data : array of integers, (Z, Y, X)
        Labels.
    number : int
        The object.
    voxel : tuple of int
        One of its voxels.

    Yields
    ------
    Notice

    Returns
    -------
    box : tuple of slice
        Around the object.
    mask : ndarray, (Z, Y, X), bool
        The object in the box.

    Raises
    ------
    TrainingError
        If it is too large.
    """
    shape = np.array(data.shape)
    low = np.maximum(np.array(voxel) - _AROUND, 0)
    high = np.minimum(np.array(voxel) + _AROUND + 1, shape)
    while True:
        if np.prod(high - low, dtype=np.int64) > _MOST:
            raise TrainingError(
                f"Object {number} is too large to be copied by a click. Copy the layer "
                "instead."
            )
        box = _as_slices(low, high)
        mask = np.asarray(data[box]) == number
        yield Notice("")  # a job that was cancelled ends here
        grown = False
        for axis in range(3):
            size = int(high[axis] - low[axis])
            faces = np.moveaxis(mask, axis, 0)
            if low[axis] > 0 and faces[0].any():
                low[axis], grown = max(0, low[axis] - size), True
            if high[axis] < shape[axis] and faces[-1].any():
                high[axis], grown = min(int(shape[axis]), high[axis] + size), True
        if not grown:
            return _tight(mask, low)


def _tight(mask: NDArray[np.bool_], low: Any) -> tuple[Box, NDArray[np.bool_]]:
    there = [
        np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))
    ]
    if not there[0].size:
        raise TrainingError("The object is gone meanwhile. Click on another one.")
    first = [int(along[0]) for along in there]
    last = [int(along[-1]) + 1 for along in there]
    return _as_slices(low + first, low + last), mask[_as_slices(first, last)]


def _as_slices(low: Any, high: Any) -> Box:
    z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return z, y, x


def copy_object(
    picked: Picked, into: Any, number: int
) -> Generator[Event, Any, Copied]:
    """Write an object where nothing is painted yet."""
    box, mask = yield from read_object(picked.data, picked.number, picked.voxel)
    voxels = int(mask.sum())
    low = np.array([s.start for s in box]) + picked.offset
    high = np.array([s.stop for s in box]) + picked.offset
    start, stop = np.maximum(low, 0), np.minimum(high, into.shape)
    mask = mask[_as_slices(start - low, stop - low)]
    place = _as_slices(start, stop)
    now = np.asarray(into[place])
    changed = mask & (now == 0)
    if changed.any():
        now[changed] = number
        into[place] = now
    return Copied(number, place, changed, voxels)
