"""Skeletons laid out for searching: sorted, and in blocks that have a box.

The points of an object stand together, along a space-filling curve, so that each run of
`BLOCK` points fills a small box. A search that knows the boxes skips most points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from skoots.errors import SkeletonError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Points: TypeAlias = Tensor | NDArray[Any]

BLOCK = 32
"""Points per box, as prototyped. The numba twin compiles it in, and what numba kept is
not made anew when this line changes: touch ``cpu.py`` too."""

_MORTON_BITS = 21
"""Three coordinates of 21 bits fill an int64."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedPoints:
    """Skeleton points of many objects, one object after the other.

    Parameters
    ----------
    ids : Tensor, (K,), int64
        Labels of the objects, rising, all positive.
    planes : Tensor, (3, N), float32
        Coordinates in voxels, one contiguous row per axis.
    offsets : Tensor, (K + 1,), int64
        Object ``k`` owns points ``offsets[k]`` to ``offsets[k + 1]``, at least one.
    boxes : Tensor, (6, M), float32
        Lowest coordinate per axis, then highest, of each block of `BLOCK` points.
    box_offsets : Tensor, (K + 1,), int64
        Object ``k`` owns blocks ``box_offsets[k]`` to ``box_offsets[k + 1]``.
    """

    ids: Tensor
    planes: Tensor
    offsets: Tensor
    boxes: Tensor
    box_offsets: Tensor

    @property
    def points(self) -> Tensor:
        """The points as rows, (N, 3), float32."""
        return self.planes.T

    def to(self, device: torch.device) -> PackedPoints:
        """Give the same points on another device."""
        return PackedPoints(
            self.ids.to(device),
            self.planes.to(device),
            self.offsets.to(device),
            self.boxes.to(device),
            self.box_offsets.to(device),
        )


def pack_points(skeletons: Mapping[int, Points]) -> PackedPoints:
    """Sort and box the points of all skeletons.

    Ids below one and skeletons without points are left out: no voxel can ask for them.

    Parameters
    ----------
    skeletons : mapping of int to Tensor or ndarray, (N, 3)
        Points in voxels, whole or not, inside the volume or not.

    Returns
    -------
    packed : PackedPoints
        On the CPU.

    Raises
    ------
    SkeletonError
        If a skeleton is not (N, 3) or holds NaN or infinity.

    Examples
    --------
    >>> skeletons = {7: np.array([[9.0, 0, 0], [1, 0, 0]]), 2: np.ones((1, 3))}
    >>> packed = pack_points(skeletons)
    >>> packed.ids.tolist(), packed.offsets.tolist()
    ([2, 7], [0, 1, 3])
    >>> packed.points.tolist()
    [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [9.0, 0.0, 0.0]]
    """
    rows = {int(i): _as_rows(int(i), p) for i, p in skeletons.items() if int(i) > 0}
    ids = sorted(i for i, points in rows.items() if len(points))
    points = np.concatenate([np.empty((0, 3), np.float32), *(rows[i] for i in ids)])
    counts = np.array([len(rows[i]) for i in ids], np.int64)
    _check_finite(points, ids, counts)
    owner = np.repeat(np.arange(len(ids)), counts)
    planes = np.ascontiguousarray(points[np.lexsort((_morton(points), owner))].T)
    offsets = _running_sum(counts)
    blocks = -(-counts // BLOCK)
    box_offsets = _running_sum(blocks)
    within = np.arange(box_offsets[-1]) - np.repeat(box_offsets[:-1], blocks)
    starts = np.repeat(offsets[:-1], blocks) + within * BLOCK
    return PackedPoints(
        torch.tensor(ids, dtype=torch.int64),
        torch.from_numpy(planes),
        torch.from_numpy(offsets),
        torch.from_numpy(_boxes(planes, starts)),
        torch.from_numpy(box_offsets),
    )


def _as_rows(label: int, points: Points) -> NDArray[np.float32]:
    plain = points.detach().cpu().numpy() if isinstance(points, Tensor) else points
    rows = np.asarray(plain, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != 3:
        if rows.size == 0:
            return np.empty((0, 3), np.float32)
        raise SkeletonError(
            f"The skeleton of object {label} has the shape {rows.shape}. "
            "Give points as rows of three coordinates, (N, 3)."
        )
    return rows


def _check_finite(
    points: NDArray[np.float32], ids: list[int], counts: NDArray[np.int64]
) -> None:
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        label = ids[int(np.searchsorted(counts.cumsum(), bad.argmax(), side="right"))]
        raise SkeletonError(
            f"The skeleton of object {label} holds NaN or infinity. "
            "Remove those points."
        )


def _running_sum(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), counts.cumsum(dtype=np.int64)])


def _boxes(
    planes: NDArray[np.float32], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    if not len(starts):
        return np.empty((6, 0), np.float32)
    low = np.minimum.reduceat(planes, starts, axis=1)
    high = np.maximum.reduceat(planes, starts, axis=1)
    return np.ascontiguousarray(np.concatenate([low, high]))


def _morton(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Order along a curve on which neighbours in the row are neighbours in space."""
    if not len(points):
        return np.empty(0, np.int64)
    # in float64: points may lie far outside the volume, and below zero
    cells = points.astype(np.float64) - points.min(axis=0)
    cells = cells.clip(0, 2**_MORTON_BITS - 1).astype(np.int64)
    x, y, z = (_spread_bits(cells[:, axis]) for axis in range(3))
    return x | (y << 1) | (z << 2)


def _spread_bits(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put two empty bits after each of the lowest 21 bits."""
    value = (value | (value << 32)) & 0x1F00000000FFFF
    value = (value | (value << 16)) & 0x1F0000FF0000FF
    value = (value | (value << 8)) & 0x100F00F00F00F00F
    value = (value | (value << 4)) & 0x10C30C30C30C30C3
    return (value | (value << 2)) & 0x1249249249249249
