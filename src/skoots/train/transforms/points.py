"""Take skeleton points along: through the map of the crop, and onto their own object.

A point and the voxel it lies in go through the same map, but voxels are looked up at
the closest place: near the rim of a thin object a point may round onto a voxel that
shows something else. Such a point is moved by less than it is off, or left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots.kernels.sample_crop import CropMap

_NEARBY = 2
"""Voxels along each axis in which an own voxel is looked for."""

_WITHIN = 0.499
"""Half the extent of a voxel, and a little less: a point so far off rounds onto it."""


def objects_in(labels: NDArray[Any]) -> list[int]:
    """Ids of the objects of a crop, rising."""
    return [int(i) for i in fastremap.unique(labels) if i > 0]


def carry_points(
    skeletons: Mapping[int, Tensor],
    objects: Iterable[int],
    crop: CropMap,
    labels: NDArray[Any],
) -> dict[int, NDArray[np.float32]]:
    """Give the skeletons of the objects of a crop, in its coordinates.

    Parameters
    ----------
    skeletons : mapping of int to Tensor, (N, 3)
        In voxels of the volume.
    objects : iterable of int
        Which of them the crop shows.
    crop : CropMap
        Where the voxels of the crop lie.
    labels : ndarray, (X, Y, Z), integer
        The objects in the crop.

    Returns
    -------
    dict of int to ndarray, (N, 3), float32
        Points outside the crop stay outside. Each point in the crop rounds onto a voxel
        of its own object; of each object a point at least is left. Objects without a
        skeleton are left out.
    """
    known = [i for i in objects if i in skeletons and len(skeletons[i])]
    if not known:
        return {}
    rows = [skeletons[i].detach().cpu().numpy() for i in known]
    counts = [len(r) for r in rows]
    moved = crop.to_crop(np.concatenate(rows)).astype(np.float32)
    owner = np.repeat(np.array(known, np.int64), counts)
    kept = np.ones(len(moved), np.bool_)
    _settle(moved, owner, labels, kept)
    carried = {}
    for i, points, good in _split(known, counts, moved, kept):
        carried[i] = points[good] if good.any() else _own_voxel(points, labels, i)
    return carried


def _split(
    known: list[int],
    counts: list[int],
    moved: NDArray[np.float32],
    kept: NDArray[np.bool_],
) -> Iterable[tuple[int, NDArray[np.float32], NDArray[np.bool_]]]:
    edges = np.cumsum(counts)[:-1]
    return zip(known, np.split(moved, edges), np.split(kept, edges), strict=True)


def _own_voxel(
    points: NDArray[np.float32], labels: NDArray[Any], owner: int
) -> NDArray[np.float32]:
    """Give the voxel of an object that is closest to any of its points. (1, 3)."""
    voxels = np.argwhere(labels == owner)
    gaps = [np.square(voxels - point).sum(axis=1).min() for point in points]
    nearest = points[int(np.argmin(gaps))]
    closest = np.square(voxels - nearest).sum(axis=1).argmin()
    return voxels[closest : closest + 1].astype(np.float32)


@compiled
def _settle(
    points: NDArray[np.float32],
    owner: NDArray[np.int64],
    labels: NDArray[Any],
    kept: NDArray[np.bool_],
) -> None:
    """Move points of the crop onto voxels of their own, or mark them to be left out."""
    nx, ny, nz = labels.shape
    for n in range(len(points)):
        x = int(np.rint(points[n, 0]))
        y = int(np.rint(points[n, 1]))
        z = int(np.rint(points[n, 2]))
        if not (0 <= x < nx and 0 <= y < ny and 0 <= z < nz):
            continue
        if labels[x, y, z] == owner[n]:
            continue
        best = _own_nearby(points[n], (x, y, z), owner[n], labels)
        if best[0] < 0:
            kept[n] = False
            continue
        for axis in range(3):
            low, high = best[axis] - _WITHIN, best[axis] + _WITHIN
            points[n, axis] = min(max(points[n, axis], low), high)


@compiled
def _own_nearby(
    point: NDArray[np.float32],
    voxel: tuple[int, int, int],
    owner: int,
    labels: NDArray[Any],
) -> tuple[int, int, int]:
    """Voxel of an object round another that is closest to a point; or -1s."""
    (x0, x1), (y0, y1), (z0, z1) = (
        _around(voxel[0], labels.shape[0]),
        _around(voxel[1], labels.shape[1]),
        _around(voxel[2], labels.shape[2]),
    )
    least = np.inf
    best = (-1, -1, -1)
    for x in range(x0, x1):
        for y in range(y0, y1):
            for z in range(z0, z1):
                dx, dy, dz = x - point[0], y - point[1], z - point[2]
                gap = dx * dx + dy * dy + dz * dz
                if labels[x, y, z] == owner and gap < least:
                    least = gap
                    best = (x, y, z)
    return best


@compiled
def _around(place: int, extent: int) -> tuple[int, int]:
    return max(0, place - _NEARBY), min(extent, place + _NEARBY + 1)
