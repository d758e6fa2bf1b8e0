"""A smooth displacement of a crop, from a few control points.

The shift is a uniform cubic B-spline: each coordinate is a weighted mean of the control
points round it, so it is twice differentiable and nowhere larger than the largest
control point. The first and the last control point of an axis lie on the first and the
last voxel, and are repeated beyond, where the shift stays what it is at the rim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3

STEEPEST = 0.7
"""Most that a shift may change over the way it is shifted along. Below 1 no two voxels
change places, and the map back is found by repetition."""

_CLOSE = 1e-3
"""Voxels by which the last step of the way back may move a point."""

_STEPS = 60
"""A bend as steep as it may be shrinks the error to 0.7 of it in each step."""

_PROBES = 4
"""Places per control point at which the steepness is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """How far each place of a crop is shifted before the crop is looked up.

    Parameters
    ----------
    points : ndarray, (3, I, J, K), float64
        Control points: shifts along X, Y, Z, in voxels of the crop.
    shape : tuple of 3 ints
        Extent of the crop along X, Y, Z, in voxels.
    """

    points: NDArray[np.float64]
    shape: Shape3

    @property
    def reach(self) -> NDArray[np.float64]:
        """Largest shift along each axis, in voxels. (3,)."""
        most: NDArray[np.float64] = np.abs(self.points).reshape(3, -1).max(axis=1)
        return most

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the shifts at places of the crop, (N, 3), also outside of it."""
        shifts = np.empty((len(places), 3))
        _shift_all(self.points, self.shape, np.asarray(places, np.float64), shifts)
        return shifts

    def back(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the places that this bend shifts to `places`, (N, 3)."""
        before = np.empty((len(places), 3))
        _go_back(self.points, self.shape, np.asarray(places, np.float64), before)
        return before

    def columns(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Split the shifts of all voxels in two factors.

        Returns
        -------
        columns : ndarray, (3, X, Y, K), float64
            Control points of the column of voxels at each X, Y.
        curve : ndarray, (K, Z), float64
            Weight of each of them at each Z. The shift is their product.
        """
        a, b, c = (_weights(np.arange(n), self._axis(i)) for i, n in self._extents())
        rows = np.einsum("xi,aijk->axjk", a, self.points)
        columns = np.einsum("yj,axjk->axyk", b, rows, optimize=True)
        return np.ascontiguousarray(columns), np.ascontiguousarray(c.T)

    def bounded(self) -> Bend:
        """Shrink the shifts, if they must be, so that the crop does not fold."""
        steepness = self._steepness()
        if steepness <= STEEPEST:
            return self
        return Bend(self.points * (STEEPEST / steepness), self.shape)

    def _steepness(self) -> float:
        """Most that the shift changes over a way, both in shares of the crop."""
        probes = [
            np.linspace(0, n - 1, _PROBES * self._counts[i]) for i, n in self._extents()
        ]
        flat = [_weights(p, self._axis(i)) for i, p in enumerate(probes)]
        steep = [_slopes(p, self._axis(i)) for i, p in enumerate(probes)]
        length = np.maximum(np.array(self.shape) - 1, 1)
        total = np.zeros(1)
        for axis in range(3):
            a, b, c = (steep[i] if i == axis else flat[i] for i in range(3))
            slope = np.einsum(
                "xi,yj,zk,aijk->axyz", a, b, c, self.points, optimize=True
            )
            total = total + np.abs(slope) * length[axis]
        return float((total / length[:, None, None, None]).max())

    @property
    def _counts(self) -> Shape3:
        i, j, k = self.points.shape[1:]
        return i, j, k

    def _extents(self) -> list[tuple[int, int]]:
        return list(enumerate(self.shape))

    def _axis(self, axis: int) -> tuple[int, int]:
        return self.shape[axis], self._counts[axis]


def _weights(
    places: NDArray[np.floating | np.integer], axis: tuple[int, int]
) -> NDArray[np.float64]:
    """Weight of each of the control points of an axis at each place. (N, points)."""
    cell, u = _cells(places, axis)
    rest = 1 - u
    parts = (
        rest**3 / 6,
        (3 * u**3 - 6 * u**2 + 4) / 6,
        (3 * rest**3 - 6 * rest**2 + 4) / 6,
        u**3 / 6,
    )
    return _scatter(cell, parts, axis[1])


def _slopes(places: NDArray[np.float64], axis: tuple[int, int]) -> NDArray[np.float64]:
    """Derivatives of `_weights` by the place."""
    cell, u = _cells(places, axis)
    rest = 1 - u
    per_voxel = (axis[1] - 1) / max(axis[0] - 1, 1)
    parts = (
        -(rest**2) / 2,
        (3 * u**2 - 4 * u) / 2,
        -(3 * rest**2 - 4 * rest) / 2,
        u**2 / 2,
    )
    return _scatter(cell, parts, axis[1]) * per_voxel


def _cells(
    places: NDArray[np.floating | np.integer], axis: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which control point comes before each place, and how far behind it is."""
    extent, count = axis
    last = max(extent - 1, 1)
    t = np.clip(places, 0, extent - 1) * ((count - 1) / last)
    cell = np.floor(t).astype(np.int64)
    return cell, t - cell


def _scatter(
    cell: NDArray[np.int64], parts: tuple[NDArray[np.float64], ...], count: int
) -> NDArray[np.float64]:
    weights = np.zeros((len(cell), count))
    rows = np.arange(len(cell))
    for shift, part in zip(range(-1, 3), parts, strict=True):
        np.add.at(weights, (rows, np.clip(cell + shift, 0, count - 1)), part)
    return weights


@compiled
def _shift_all(
    points: NDArray[np.float64],
    shape: Shape3,
    places: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> None:
    index, weights = np.empty((3, 4), np.int64), np.empty((3, 4))
    for n in range(len(places)):
        _shift(points, shape, places[n], index, weights, shifts[n])


@compiled
def _go_back(
    points: NDArray[np.float64],
    shape: Shape3,
    places: NDArray[np.float64],
    before: NDArray[np.float64],
) -> None:
    """Repeat: the place before is the place after, less the shift there."""
    index, weights = np.empty((3, 4), np.int64), np.empty((3, 4))
    shift = np.empty(3)
    for n in range(len(places)):
        place = before[n]
        place[:] = places[n]
        for _ in range(_STEPS):
            _shift(points, shape, place, index, weights, shift)
            moved = 0.0
            for axis in range(3):
                step = places[n, axis] - shift[axis] - place[axis]
                place[axis] += step
                moved = max(moved, abs(step))
            if moved < _CLOSE:
                break


@compiled
def _shift(
    points: NDArray[np.float64],
    shape: Shape3,
    place: NDArray[np.float64],
    index: NDArray[np.int64],
    weights: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> None:
    """Find the shift of one place; `index` and `weights` are room to work in."""
    ni = _find_weights(place[0], shape[0], points.shape[1], index[0], weights[0])
    nj = _find_weights(place[1], shape[1], points.shape[2], index[1], weights[1])
    nk = _find_weights(place[2], shape[2], points.shape[3], index[2], weights[2])
    a = b = c = 0.0
    for i in range(ni):
        for j in range(nj):
            both = weights[0, i] * weights[1, j]
            x, y = index[0, i], index[1, j]
            for k in range(nk):
                weight, z = both * weights[2, k], index[2, k]
                a += weight * points[0, x, y, z]
                b += weight * points[1, x, y, z]
                c += weight * points[2, x, y, z]
    shift[0], shift[1], shift[2] = a, b, c


@compiled
def _find_weights(
    place: float,
    extent: int,
    count: int,
    index: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> int:
    """List the control points that count at a place, each once; give their number."""
    t = min(max(place, 0.0), extent - 1.0) * ((count - 1) / max(extent - 1, 1))
    cell = int(np.floor(t))
    u = t - cell
    rest = 1 - u
    parts = (
        rest**3 / 6,
        (3 * u**3 - 6 * u**2 + 4) / 6,
        (3 * rest**3 - 6 * rest**2 + 4) / 6,
        u**3 / 6,
    )
    n = 0
    for shift in range(4):
        at = min(max(cell + shift - 1, 0), count - 1)
        if n > 0 and index[n - 1] == at:  # beyond the rim: the same point again
            weights[n - 1] += parts[shift]
        else:
            index[n] = at
            weights[n] = parts[shift]
            n += 1
    return n
