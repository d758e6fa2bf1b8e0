"""One map from crop to volume, for voxels and points alike.

Each voxel of a crop asks the volume at ``matrix @ (voxel + bend) + start``. Points of
the volume go the other way through the same map: they stay where they were in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.kernels.sample_crop.bend import Bend


@dataclass(frozen=True, slots=True, eq=False)
class CropMap:
    """Where in the volume the voxels of a crop lie.

    Parameters
    ----------
    matrix : ndarray, (3, 3), float64
        A step of one voxel in the crop, in voxels of the volume.
    start : ndarray, (3,), float64
        Where voxel 0, 0, 0 of the crop lies, but for the bend.
    shape : tuple of 3 ints
        Extent of the crop along X, Y, Z, in voxels.
    bend : Bend, optional
        Shifts of the voxels.
    """

    matrix: NDArray[np.float64]
    start: NDArray[np.float64]
    shape: Shape3
    bend: Bend | None = None

    @property
    def is_copy(self) -> bool:
        """Whether voxels of the crop are voxels of the volume, turned and flipped."""
        return (
            self.bend is None
            and self._on_voxels(0, 1, 2)
            and bool((np.abs(self.matrix).sum(axis=0) == 1).all())
            and bool((np.abs(self.matrix).sum(axis=1) == 1).all())
        )

    @property
    def keeps_planes(self) -> bool:
        """Whether each plane along Z is a plane of the volume, perhaps flipped."""
        apart = not self.matrix[:2, 2].any() and not self.matrix[2, :2].any()
        whole = abs(self.matrix[2, 2]) == 1
        return self.bend is None and apart and whole and self._on_voxels(2)

    def _on_voxels(self, *axes: int) -> bool:
        rows = list(axes)
        parts = (self.matrix[rows], self.start[rows])
        return all(bool((part == np.rint(part)).all()) for part in parts)

    def to_volume(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn places (N, 3) of the crop into places of the volume."""
        moved = np.asarray(places, np.float64)
        if self.bend is not None:
            moved = moved + self.bend.at(moved)
        turned: NDArray[np.float64] = moved @ self.matrix.T + self.start
        return turned

    def to_crop(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn points (N, 3) of the volume into points of the crop."""
        straight: NDArray[np.float64]
        straight = (points - self.start) @ np.linalg.inv(self.matrix).T
        return straight if self.bend is None else self.bend.back(straight)

    def box(self, extent: Sequence[int]) -> tuple[slice, slice, slice]:
        """Part of a volume that the crop looks at, reflections included."""
        low, high = self.bounds()
        x, y, z = (
            _reflected_span(int(np.floor(a)), int(np.floor(b)) + 1, n)
            for a, b, n in zip(low, high, extent, strict=True)
        )
        return x, y, z

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest place in the volume along its axes. (3,) each."""
        far = self.matrix * (np.array(self.shape) - 1)
        low = self.start + np.minimum(far, 0).sum(axis=1)
        high = self.start + np.maximum(far, 0).sum(axis=1)
        if self.bend is not None:
            more = np.abs(self.matrix) @ self.bend.reach
            low, high = low - more, high + more
        return low, high


def _reflected_span(low: int, high: int, extent: int) -> slice:
    """Give the voxels that stand for those from `low` to `high`, both included."""
    last = extent - 1
    if low < -last or high > 2 * last:  # reflected more than once
        return slice(0, extent)
    start, stop = max(low, 0), min(high, last)
    if low < 0:
        start, stop = 0, max(stop, -low)
    if high > last:
        start, stop = min(start, 2 * last - high), last
    return slice(start, stop + 1)
