"""Paint disks round skeleton points: the mask that the network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3


def paint_disks(
    points: NDArray[np.floating], shape: Shape3, radius: int, flank_radius: int
) -> NDArray[np.float32]:
    """Paint a disk in the plane of each point, and one in the planes above and below.

    Parameters
    ----------
    points : ndarray, (N, 3), floating point
        Points along X, Y, Z, rounded half to even. They may lie outside the volume:
        what their disks cover inside is painted.
    shape : tuple of 3 ints
        Extent of the volume along X, Y, Z.
    radius, flank_radius : int
        Voxels of a disk lie at most so far from its middle, in the X-Y plane.

    Returns
    -------
    ndarray, (X, Y, Z), float32
        1 under a disk, else 0.
    """
    mask = np.zeros(shape, np.float32)
    reach = np.array([max(radius, flank_radius)] * 2 + [1])
    # Before the conversion: a point far away would not fit into an integer.
    near = ((points > -reach - 1) & (points < np.array(shape) + reach)).all(axis=1)
    voxels = np.unique(np.rint(points[near]).astype(np.int64), axis=0)
    _paint(mask, voxels, _half_widths(radius), 0)
    for shift in (-1, 1):
        _paint(mask, voxels, _half_widths(flank_radius), shift)
    return mask


def _half_widths(radius: int) -> NDArray[np.int64]:
    """Half width of a disk at each offset from its middle. (2 radius + 1,)."""
    offset = np.arange(-radius, radius + 1)
    return np.floor(np.sqrt(radius**2 - offset**2)).astype(np.int64)


@compiled
def _paint(
    mask: NDArray[np.float32],
    voxels: NDArray[np.int64],
    half_widths: NDArray[np.int64],
    shift: int,
) -> None:
    x_size, y_size, z_size = mask.shape
    radius = len(half_widths) // 2
    for x, y, plane in voxels:
        z = plane + shift
        if z < 0 or z >= z_size:
            continue
        for near_x in range(max(0, x - radius), min(x_size, x + radius + 1)):
            half = half_widths[near_x - x + radius]
            for near_y in range(max(0, y - half), min(y_size, y + half + 1)):
                mask[near_x, near_y, z] = 1
