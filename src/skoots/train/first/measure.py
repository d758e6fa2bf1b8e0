"""What annotated volumes are like, as far as settings depend on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.kernels.nearest_point import nearest_point, pack_points
from skoots.train.dataloader import dataset
from skoots.volume.axes import triple_to_xyz

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize

_SLAB_VOXELS = 1 << 25
"""Voxels whose vectors are measured at once."""


REACH = 64
"""Up to this far from the skeletons voxels are counted, in units of `spacing`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in annotated volumes."""

    shapes: tuple[Shape3, ...]
    """Extents along X, Y, Z, in voxels."""

    channels: int

    voxel_size: VoxelSize | None
    """Z, Y, X in micrometres; None where no volume says it."""

    spacing: tuple[float, float, float]
    """Edge lengths along X, Y, Z, of which the shortest is 1."""

    volumes: NDArray[np.int64]
    """Voxels of each object, (K,)."""

    longest: tuple[float, float, float]
    """Longest way along X, Y, Z from a voxel to its skeleton, in voxels."""

    longest_way: float
    """Longest way to a skeleton, in units of `spacing`."""

    near: NDArray[np.int64]
    """Voxels of objects that lie at most 1, 2, 3... units of `spacing` from their own
    skeleton, (REACH,)."""

    deepest: int
    """Planes along Z that the deepest object spans."""

    contrast: float
    """Standard deviation of the intensities, of their range."""

    @property
    def diameter(self) -> float:
        """Median diameter of balls as large as the objects, in units of `spacing`."""
        sizes = self.volumes * np.prod(self.spacing)
        return float(np.median((6 * sizes / np.pi) ** (1 / 3)))

    def skeleton_share(self, radius: int) -> float:
        """Share of all voxels that lie within a radius of their own skeleton.

        Parameters
        ----------
        radius : int
            Of 1 to `REACH` units of `spacing`.
        """
        voxels = np.prod(np.array(self.shapes, float), axis=1).sum()
        return float(self.near[radius - 1] / voxels)


def measure_volumes(folder: Path) -> Measured:
    """Measure all annotated volumes of a folder.

    Parameters
    ----------
    folder : path
        Holds NAME.tif and NAME.labels.tif. Skeletons are made where they are missing.

    Raises
    ------
    TrainingError
        If there is no annotated volume, or one cannot be used.
    """
    data = dataset(str(folder))
    sizes = [v.voxel_size for v in data.volumes if v.voxel_size is not None]
    voxel_size = None if not sizes else _median(sizes)
    x, y, z = triple_to_xyz(voxel_size or (1.0, 1.0, 1.0))
    least = min(x, y, z)
    spacing = (x / least, y / least, z / least)
    longest, way, deepest = np.zeros(3), 0.0, 1
    near = np.zeros(REACH, np.int64)
    counts: list[NDArray[np.int64]] = []
    items = [data[index] for index in range(len(data))]
    for item in items:
        reach, distance, voxels = _measure_objects(item, spacing, near)
        longest, way = np.maximum(longest, reach), max(way, distance)
        deepest = max(deepest, _deepest(item))
        counts.append(voxels)
    spreads = [v.intensity.std / v.intensity.span for v in data.volumes]
    x_long, y_long, z_long = (float(n) for n in longest)
    return Measured(
        shapes=tuple(_extent(item) for item in items),
        channels=int(items[0]["image"].shape[0]),
        voxel_size=voxel_size,
        spacing=spacing,
        volumes=np.concatenate(counts),
        longest=(x_long, y_long, z_long),
        longest_way=way,
        near=near,
        deepest=deepest,
        contrast=float(np.median(spreads)),
    )


def _median(sizes: list[VoxelSize]) -> VoxelSize:
    z, y, x = (float(n) for n in np.median(sizes, axis=0))
    return z, y, x


def _extent(item: Mapping[str, Any]) -> Shape3:
    x, y, z = item["masks"].shape[1:]
    return int(x), int(y), int(z)


def _measure_objects(
    item: Mapping[str, Any],
    spacing: tuple[float, float, float],
    near: NDArray[np.int64],
) -> tuple[NDArray[np.float64], float, NDArray[np.int64]]:
    """Longest ways along the axes, longest way of all, and voxels of each object.

    What lies near a skeleton is added to `near`.
    """
    longest, way = np.zeros(3), 0.0
    voxels: dict[int, int] = {}
    for start, masks in _slabs(item["masks"]):
        ids, counts = torch.unique(masks[masks > 0], return_counts=True)
        for key, count in zip(ids.tolist(), counts.tolist(), strict=True):
            voxels[key] = voxels.get(key, 0) + count
        here = torch.tensor([start, 0.0, 0.0])
        points = {key: item["skeletons"][key] - here for key in ids.tolist()}
        if not points:
            continue
        baked, distance = nearest_point(
            masks, pack_points(points), spacing, distance=True
        )
        assert distance is not None  # noqa: S101 - it was asked for
        way = max(way, float(distance.max()))
        inside = masks > 0
        gaps = np.ceil(distance[inside].numpy()).clip(1, REACH + 1).astype(np.int64)
        near += np.bincount(gaps, minlength=REACH + 2)[1 : REACH + 1].cumsum()
        for axis, size in enumerate(masks.shape):
            place = torch.arange(size).view([-1 if k == axis else 1 for k in range(3)])
            apart = ((baked[axis] - place).abs() * inside).max()
            longest[axis] = max(longest[axis], float(apart))
    return longest, way, np.array([voxels[key] for key in sorted(voxels)], np.int64)


def _deepest(item: Mapping[str, Any]) -> int:
    """Planes that the deepest object and its skeleton span."""
    span: dict[int, tuple[int, int]] = {}
    for _, masks in _slabs(item["masks"]):
        for z in range(masks.shape[2]):
            for key in torch.unique(masks[:, :, z]).tolist():
                low, high = span.get(key, (z, z))
                span[key] = min(low, z), max(high, z)
    deepest = 1
    for key, (low, high) in span.items():
        if key > 0:
            points = item["skeletons"][key][:, 2]
            top, bottom = min(low, float(points.min())), max(high, float(points.max()))
            deepest = max(deepest, math.ceil(bottom - top) + 1)
    return deepest


def _slabs(masks: Any) -> Iterator[tuple[int, torch.Tensor]]:
    """Cut masks (1, X, Y, Z) along X into parts that fit into memory."""
    _, x, y, z = masks.shape
    step = max(1, _SLAB_VOXELS // (y * z))
    for start in range(0, x, step):
        yield start, masks[0:1, start : min(x, start + step), 0:y, 0:z][0]
