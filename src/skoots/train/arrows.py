"""Arrows from voxels to their skeletons, thinned to as many as can be drawn.

They stand on a lattice whose steps are doubled, one axis at a time and the shortest
first, whenever there are too many. So they stay evenly spread, and how many there will
be need not be known before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import VoxelSize

SHORTEST = 0.5
"""Voxels; shorter arrows are dots."""

_PLANES_LAST = 8.0
"""A plane is looked at as a whole: only when the arrows in it are so many times farther
apart than the planes are some planes left without."""

_HELD = 4
"""Times as many arrows as are wanted are held before they are thinned."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrows:
    """Some of the ways from voxels to their skeletons, along Z, Y, X, in voxels."""

    starts: NDArray[np.float32]
    """(N, 3)"""

    ways: NDArray[np.float32]
    """(N, 3), from the start to the skeleton."""

    ids: NDArray[np.int64]
    """(N,), the object of each."""

    steps: tuple[int, int, int]
    """Only every so many-th voxel along Z, Y, X has one; 1, 1, 1 is all."""


class ArrowThinning:
    """Gathers arrows and keeps no more than are wanted.

    Parameters
    ----------
    most : int
        Arrows in the end.
    size : tuple of float
        Edge lengths of a voxel along Z, Y, X: arrows of a plane get evenly far apart.
    """

    def __init__(self, most: int, size: VoxelSize) -> None:
        self._most = most
        self._size = np.array(size) * (_PLANES_LAST, 1, 1)
        self._steps = np.ones(3, np.int64)
        self._phases = np.zeros(3, np.int64)
        self._starts = np.zeros((0, 3), np.int64)
        self._ways = np.zeros((0, 3), np.float32)
        self._ids = np.zeros(0, np.int64)

    def add(
        self,
        labels: NDArray[np.integer],
        ends: NDArray[np.float32],
        corner: Sequence[int],
    ) -> None:
        """Add the arrows of a block.

        Parameters
        ----------
        labels : ndarray, (Z, Y, X), integer
            Of the block.
        ends : ndarray, (3, Z, Y, X), float32
            Where each voxel points, counted from the block's first voxel.
        corner : sequence of int
            Where the block begins, along Z, Y, X, in voxels.
        """
        first = (self._phases - np.array(corner)) % self._steps
        on_lattice = tuple(
            slice(int(start), None, int(step))
            for start, step in zip(first, self._steps, strict=True)
        )
        labels, ends = labels[on_lattice], ends[(slice(None), *on_lattice)]
        inside = labels > 0
        places = np.argwhere(inside) * self._steps + first
        ways = ends[:, inside].T - places
        long = np.linalg.norm(ways, axis=1) >= SHORTEST
        self._starts = np.concatenate([self._starts, (places + corner)[long]])
        self._ways = np.concatenate([self._ways, ways[long].astype(np.float32)])
        self._ids = np.concatenate([self._ids, labels[inside][long].astype(np.int64)])
        self._thin(_HELD * self._most)

    def result(self) -> Arrows:
        """Give what is left, thinned for the last time."""
        self._thin(self._most)
        z, y, x = (int(step) for step in self._steps)
        starts = self._starts.astype(np.float32)
        return Arrows(starts, self._ways, self._ids, (z, y, x))

    def _thin(self, most: int) -> None:
        while len(self._ids) > most:
            edges = self._steps * self._size
            axis = len(edges) - 1 - int(np.argmin(edges[::-1]))  # X first of equals
            place = (self._starts[:, axis] - self._phases[axis]) // self._steps[axis]
            odd = place % 2 == 1
            more_odd = 2 * np.count_nonzero(odd) > len(odd)  # labels of one plane stay
            kept = odd == more_odd
            self._phases[axis] += more_odd * self._steps[axis]
            self._steps[axis] *= 2
            self._starts, self._ways = self._starts[kept], self._ways[kept]
            self._ids = self._ids[kept]
