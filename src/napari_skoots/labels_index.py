"""What an index picks of a volume, so that it can be read and written chunk by chunk.

numpy's indices are of two kinds here:

* integers, slices, ``...`` and new axes pick a lattice: a `Lattice` holds one rising
  range for each axis, and what turns a lattice (Z, Y, X) into numpy's answer;
* arrays of integers for all axes pick points: a `Points` holds their coordinates.

Any other mixture is a lattice (the box around all of it) that is indexed once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from operator import index as as_int
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3

Pick: TypeAlias = Any
"""One entry of an index."""


Slices: TypeAlias = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True)
class LatticePart:
    """What one chunk holds of a lattice."""

    index: Shape3
    """The chunk's place in the grid."""

    inside: Slices
    """In the chunk."""

    outside: Slices
    """In the lattice."""


@dataclass(frozen=True, slots=True)
class PointsPart:
    """What one chunk holds of some points."""

    index: Shape3
    inside: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
    """In the chunk."""

    outside: NDArray[np.intp]
    """In the points, one after the other; in their order."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Voxels at regular steps."""

    ranges: tuple[range, range, range]
    """Along Z, Y, X, in voxels; never falling."""

    view: tuple[Any, ...]
    """Indexes what lies at the ranges, (Z, Y, X), to give numpy's answer."""

    @property
    def shape(self) -> Shape3:
        """How many voxels there are along Z, Y, X."""
        return len(self.ranges[0]), len(self.ranges[1]), len(self.ranges[2])

    @property
    def start(self) -> Shape3:
        """The first voxel of the box around it."""
        return self.ranges[0].start, self.ranges[1].start, self.ranges[2].start

    @property
    def stop(self) -> Shape3:
        """The voxel behind the last one of that box."""
        z, y, x = (r[-1] + 1 if r else r.start for r in self.ranges)
        return z, y, x

    @property
    def dense(self) -> bool:
        """Whether it is all of that box."""
        return all(wanted.step == 1 for wanted in self.ranges)

    def parts(self, chunks: Shape3) -> Iterator[LatticePart]:
        """Yield what each chunk holds of it, the last axis fastest."""
        axes = [
            list(_cut(wanted, size))
            for wanted, size in zip(self.ranges, chunks, strict=True)
        ]
        for (i, a, p), (j, b, q), (k, c, r) in product(*axes):
            yield LatticePart((i, j, k), (a, b, c), (p, q, r))

    def spread(self, value: NDArray[Any]) -> NDArray[Any]:
        """Turn a value that is assigned to numpy's answer back to (Z, Y, X).

        Raises
        ------
        ValueError
            If it does not fit.
        """
        answer = np.broadcast_to(np.zeros((), bool), self.shape)[self.view].shape
        while value.ndim > len(answer) and value.shape[0] == 1:
            value = value[0]
        value = np.broadcast_to(value, answer)
        back: NDArray[Any] = value[tuple(_undone(pick) for pick in self.view)]
        return back


def _undone(pick: int | slice | None) -> int | slice | None:
    """Add an axis that was dropped, drop one that was added, turn one back."""
    if isinstance(pick, slice):
        return pick
    return 0 if pick is None else None


@dataclass(frozen=True, slots=True)
class Points:
    """Voxels one by one."""

    places: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
    """Along Z, Y, X, in voxels, all of the answer's shape."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the answer."""
        return self.places[0].shape

    def parts(self, chunks: Shape3) -> Iterator[PointsPart]:
        """Yield what each chunk holds of them."""
        places = np.stack([p.reshape(-1) for p in self.places])
        indices, inside = np.divmod(places, np.array(chunks)[:, None])
        order = np.lexsort(indices[::-1])  # stable: a later point stays later
        indices, inside = indices[:, order], inside[:, order]
        edges = np.flatnonzero((np.diff(indices) != 0).any(axis=0)) + 1
        bounds = [0, *edges.tolist(), places.shape[1]]
        for start, stop in pairwise(bounds):
            if start < stop:
                z, y, x = inside[:, start:stop]
                i, j, k = indices[:, start].tolist()
                yield PointsPart((i, j, k), (z, y, x), order[start:stop])


def parse_index(
    key: Any, shape: Shape3
) -> tuple[Lattice | Points, tuple[Any, ...] | None]:
    """Say what an index picks.

    Parameters
    ----------
    key : index
        Anything that indexes a numpy array of this shape.
    shape : tuple of int
        Of the volume, in voxels.

    Returns
    -------
    picked : Lattice or Points
    within : tuple or None
        What indexes the lattice's answer once more, if that must be.

    Raises
    ------
    IndexError
        If it lies outside or is no index.

    Examples
    --------
    >>> parse_index((1, slice(None, None, -2)), (2, 5, 3))[0].ranges
    (range(1, 2), range(0, 6, 2), range(0, 3))
    """
    picks = _complete(key, shape)
    if all(_is_plain(pick) for pick in picks):
        return parse_lattice(picks, shape), None
    picks = _without_masks(picks, shape)
    arrays = [np.asarray(p) for p in picks if not (p is None or isinstance(p, slice))]
    if len(arrays) == len(picks) == 3 and all(a.dtype != bool for a in arrays):
        placed = [
            _inside(a, n, i) for i, (a, n) in enumerate(zip(arrays, shape, strict=True))
        ]
        z, y, x = np.broadcast_arrays(*placed)
        return Points((z, y, x)), None
    return _box_around(picks, shape)


def _cut(wanted: range, size: int) -> Iterator[tuple[int, slice, slice]]:
    """Cut a rising range at chunks: the chunk, where in it, and which of the range."""
    done = 0
    while done < len(wanted):
        place, first = divmod(wanted[done], size)
        end = -(-((place + 1) * size - wanted.start) // wanted.step)
        stop = min(end, len(wanted))
        last = wanted[stop - 1] - place * size
        yield place, slice(first, last + 1, wanted.step), slice(done, stop)
        done = stop


def _is_plain(pick: Pick) -> bool:
    return pick is None or isinstance(pick, slice) or type(pick) is int


def _complete(key: Any, shape: Shape3) -> list[Pick]:
    """Give picks for all axes: integers as such, lists as arrays, no ellipsis."""
    picks = [_simple(p) for p in (key if isinstance(key, tuple) else (key,))]
    places = [i for i, pick in enumerate(picks) if pick is Ellipsis]
    taken = sum(_axes_of(pick) for pick in picks)
    if taken > len(shape) or len(places) > 1:
        raise IndexError(
            f"{key!r} does not index a volume of three axes. Give up to three picks."
        )
    place = places[0] if places else len(picks)
    rest: list[Pick] = [slice(None)] * (len(shape) - taken)
    return picks[:place] + rest + picks[place + 1 :]


def _simple(pick: Pick) -> Pick:
    if pick is None or pick is Ellipsis or isinstance(pick, slice | bool | np.bool_):
        return pick
    try:
        return as_int(pick)
    except TypeError:
        array = np.asarray(pick)
    if not array.size and not isinstance(pick, np.ndarray):
        array = array.astype(np.intp)
    if array.dtype != bool and not np.issubdtype(array.dtype, np.integer):
        raise IndexError(
            f"{pick!r} is no index. Give integers, slices, or arrays of integers or "
            "booleans."
        )
    return array


def _axes_of(pick: Pick) -> int:
    """Give how many axes of the volume a pick uses up."""
    if pick is None or pick is Ellipsis:
        return 0
    is_mask = np.asarray(pick if not isinstance(pick, slice) else 0).dtype.kind == "b"
    return int(np.ndim(pick)) if is_mask else 1


def parse_lattice(picks: Sequence[Pick], shape: Shape3) -> Lattice:
    """Say what integers, slices and new axes pick, complete for all axes."""
    lengths = iter(shape)
    ranges: list[range] = []
    view: list[Any] = []
    for pick in picks:
        if pick is None:
            view.append(None)
            continue
        length = next(lengths)
        if isinstance(pick, slice):
            wanted = range(length)[pick]
            falling = wanted.step < 0
            ranges.append(_rising(wanted))
            view.append(slice(None, None, -1) if falling else slice(None))
        else:
            place = _place(pick, length, len(ranges))
            ranges.append(range(place, place + 1))
            view.append(0)
    return Lattice((ranges[0], ranges[1], ranges[2]), tuple(view))


def _rising(wanted: range) -> range:
    if not wanted:
        return range(0)
    return wanted if wanted.step > 0 else wanted[::-1]


def _place(pick: int, length: int, axis: int) -> int:
    if not -length <= pick < length:
        raise IndexError(
            f"index {pick} is out of bounds for axis {axis} with size {length}"
        )
    return pick % length


def _without_masks(picks: Sequence[Pick], shape: Shape3) -> list[Pick]:
    """Give masks as the places where they are true."""
    found: list[Pick] = []
    axis = 0
    for pick in picks:
        if isinstance(pick, np.ndarray) and pick.dtype == bool and pick.ndim:
            if pick.shape != shape[axis : axis + pick.ndim]:
                raise IndexError(
                    f"a boolean index of shape {pick.shape} does not match "
                    f"{shape[axis : axis + pick.ndim]} along axis {axis}"
                )
            found.extend(pick.nonzero())
        else:
            found.append(pick)
        axis += _axes_of(pick)
    return found


def _inside(places: NDArray[Any], length: int, axis: int) -> NDArray[np.intp]:
    if places.size and not (-length <= places.min() and places.max() < length):
        raise IndexError(
            f"an index is out of bounds for axis {axis} with size {length}"
        )
    places = places.astype(np.intp)
    return np.where(places < 0, places + length, places)


def _box_around(
    picks: Sequence[Pick], shape: Shape3
) -> tuple[Lattice, tuple[Any, ...]]:
    """Give the box around all that is picked, and what picks it from the box."""
    ranges: list[range] = []
    within: list[Any] = []
    for pick in picks:
        if not _axes_of(pick):
            within.append(pick)
            continue
        length = shape[len(ranges)]
        if isinstance(pick, slice):
            wanted = range(length)[pick]
            rising = _rising(wanted)
            box = range(rising.start, rising[-1] + 1) if rising else range(0)
            within.append(slice(None, None, wanted.step))
        else:
            places = _inside(np.asarray(pick), length, len(ranges))
            box = range(places.min(), places.max() + 1) if places.size else range(0)
            within.append(
                places - box.start if np.ndim(pick) else int(places) - box.start
            )
        ranges.append(box)
    lattice = Lattice((ranges[0], ranges[1], ranges[2]), (slice(None),) * 3)
    return lattice, tuple(within)
