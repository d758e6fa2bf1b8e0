"""Skeletons drawn together by their own vectors, so that those that touch part.

Where two objects touch, the skeletons that a network draws often touch too, and both
become one object. The vectors know better: between the two, some point to the one and
some to the other. So each skeleton voxel follows its own vector, and where it lands is
what counts::

    skeleton     # # # # # # # # #        vectors    > > . < | > > . <
    contracted   . . # . . . . # .

A voxel whose vector is longer than such a mask is wide is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.units import INT8_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

REACH = 16
"""Voxels along each axis by which a skeleton voxel moves at most, or is left out. Masks
of skeletons reach some 8 voxels from the line; twice that is read round each block."""


def contract(
    mask: NDArray[np.bool_],
    vectors: NDArray[np.int8],
    scale: tuple[float, float, float],
    hops: int,
    open_sides: Sequence[tuple[bool, bool]] = ((False, False),) * 3,
) -> NDArray[np.bool_]:
    """Move each skeleton voxel along the vectors.

    Parameters
    ----------
    mask : ndarray, (Z, Y, X), bool
        Skeleton voxels.
    vectors : ndarray, (3, Z, Y, X), int8
        Components along Z, Y, X; 127 is a whole `scale`.
    scale : tuple of float
        Voxels along Z, Y, X that a component of one spans.
    hops : int
        Vectors that are followed, one after the other.
    open_sides : sequence of 3 pairs of bool
        Whether the volume goes on before the first and after the last voxel of each
        axis: who leaves there is left out.

    Returns
    -------
    ndarray, (Z, Y, X), bool
        Where they land. A voxel is held at the faces of the volume, and displacements
        are rounded as by `skoots.kernels.follow_vectors`: who starts there arrives
        here.
    """
    start = np.stack(np.nonzero(mask))
    moved = np.zeros(start.shape, np.float32)
    unit = np.array([[s / INT8_UNIT] for s in scale], np.float32)
    last = np.array(mask.shape)[:, None] - 1
    low = np.array([[-REACH - 1 if side[0] else 0] for side in open_sides])
    high = last + [[REACH + 1 if side[1] else 0] for side in open_sides]
    at = start
    for _ in range(hops):
        z, y, x = at
        moved += vectors[:, z, y, x] * unit
        near = (np.abs(moved) <= REACH).all(axis=0)
        start, moved = start[:, near], moved[:, near]
        at = np.clip(start + np.rint(moved).astype(np.int64), low, high)
        inside = ((at >= 0) & (at <= last)).all(axis=0)
        start, moved, at = start[:, inside], moved[:, inside], at[:, inside]
    landed = np.zeros_like(mask)
    landed[tuple(at)] = True
    return landed
