"""What was lent to whoever changes it and writes it back, to tell what was changed.

A layer is painted by reading a box, changing some voxels of the array that was given
and writing that same array back. A job may store other voxels of the box in between. So
what is written back is compared with a copy of what was lent, and only where the two
differ it is stored. The copy lives as long as the array does.

What the thread that read it has changed itself since is meant as well, for such a
thread knows of it: who reads, changes and writes back what was read restores it, as
with an array in memory.

Whatever else is assigned was not read here, or not to be changed: all of it is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import get_ident
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3


@dataclass(slots=True, eq=False)
class Lent:
    """One box that was read."""

    start: Shape3
    """Where it begins in the volume, in voxels."""

    voxels: NDArray[Any]
    """(Z, Y, X): as they were then."""

    thread: int = field(default_factory=get_ident)
    """Which one has read it."""

    changed: NDArray[np.bool_] | None = None
    """(Z, Y, X): where that thread has changed something since; None for nowhere."""

    def part(
        self, start: Shape3, box: tuple[slice, slice, slice], now: NDArray[Any]
    ) -> NDArray[Any] | None:
        """Give what its reader knows of a box.

        Parameters
        ----------
        start : tuple of int
            Where the box is counted from.
        box : tuple of slice
            From there.
        now : ndarray, (Z, Y, X)
            What the box holds by now.

        Returns
        -------
        ndarray, (Z, Y, X), or None
            What was read, and what is there now where the reader has changed it. None
            if it does not hold all of the box.
        """
        z, y, x = (
            slice(s.start + a - b, s.stop + a - b)
            for s, a, b in zip(box, start, self.start, strict=True)
        )
        inside = all(
            s.start >= 0 and s.stop <= n
            for s, n in zip((z, y, x), self.voxels.shape, strict=True)
        )
        if not inside:
            return None
        seen = self.voxels[z, y, x]
        return (
            seen if self.changed is None else np.where(self.changed[z, y, x], now, seen)
        )

    def note(self, start: Shape3, changed: NDArray[np.bool_]) -> None:
        """Take in what its reader has changed, (Z, Y, X), in a box from there."""
        mine, its = [], []
        ends = zip(self.start, self.voxels.shape, start, changed.shape, strict=True)
        for a, n, b, m in ends:
            low, high = max(a, b), min(a + n, b + m)
            if low >= high:
                return
            mine.append(slice(low - a, high - a))
            its.append(slice(low - b, high - b))
        if self.changed is None:
            self.changed = np.zeros(self.voxels.shape, bool)
        self.changed[tuple(mine)] |= changed[tuple(its)]


class Loans:
    """The arrays that were given to somebody who still has them."""

    def __init__(self) -> None:
        self._lent: dict[int, tuple[ref[NDArray[Any]], Lent]] = {}

    def lend(self, start: Shape3, array: NDArray[Any]) -> None:
        """Note an array of its own memory, (Z, Y, X), before it is given away."""
        lent, key = self._lent, id(array)

        def forget(_: object) -> None:
            lent.pop(key, None)

        lent[key] = ref(array, forget), Lent(start, array.copy())

    def note(self, start: Shape3, changed: NDArray[np.bool_]) -> None:
        """Note where this thread has changed something.

        Parameters
        ----------
        start : tuple of int
            Where the box of `changed` begins in the volume, in voxels.
        changed : ndarray, (Z, Y, X)
            Which voxels of it.
        """
        here = get_ident()
        for _, lent in tuple(self._lent.values()):
            if lent.thread == here:
                lent.note(start, changed)

    def find(self, start: Shape3, shape: Shape3, labels: NDArray[Any]) -> Lent | None:
        """Give what was lent, if that is now written back to where it was read.

        Parameters
        ----------
        start, shape : tuple of int
            The box that it is written to, in voxels.
        labels : ndarray
            What is written: the array that was lent, or a view of a part of it.
        """
        owner = labels
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        entry = self._lent.get(id(owner))
        if entry is None or entry[0]() is not owner:
            return None
        lent = entry[1]
        offsets = zip(start, lent.start, owner.strides, strict=True)
        place = _address(owner) + sum((a - b) * step for a, b, step in offsets)
        same = _steps(labels.shape, labels.strides) == _steps(shape, owner.strides)
        return lent if same and place == _address(labels) else None


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _steps(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """Say how voxels lie in memory, whatever axes there are of one voxel."""
    return [(n, s) for n, s in zip(shape, strides, strict=True) if n > 1]
