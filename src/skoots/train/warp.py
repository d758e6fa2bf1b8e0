"""One map from crop to volume, for voxels and points alike.

A crop is sampled once, at the end of every rotation, flip and scaling: each voxel of
the crop asks the volume at ``matrix @ (voxel - crop centre) + centre``. Skeleton points
go the other way through the same map, so they stay in their objects exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3


@dataclass(frozen=True, slots=True)
class Warp:
    """Where in the volume the voxels of a crop lie."""

    matrix: NDArray[np.float64]
    """(3, 3). A step of one voxel in the crop, in voxels of the volume."""

    centre: NDArray[np.float64]
    """(3,). Where the middle of the crop lies in the volume, in voxels."""

    shape: Shape3
    """Extent of the crop along X, Y, Z, in voxels."""

    @property
    def middle(self) -> NDArray[np.float64]:
        """Middle of the crop, in its own voxels."""
        return (np.array(self.shape) - 1) / 2

    def on_voxels(self) -> Warp:
        """Move by less than a voxel, so that crop voxels are volume voxels.

        Makes sense where the matrix only turns and flips axes.
        """
        reach = self.matrix @ self.middle
        return replace(self, centre=np.rint(self.centre - reach) + reach)

    def known_share(self, extent: Sequence[int]) -> float:
        """Estimate the share of the crop that lies in a volume of this extent."""
        steps = [np.linspace(0, n - 1, 7) for n in self.shape]
        grid = np.stack(np.meshgrid(*steps, indexing="ij")).reshape(3, -1)
        places = self.matrix @ (grid - self.middle[:, None]) + self.centre[:, None]
        inside = (places >= 0) & (places <= np.array(extent)[:, None] - 1)
        return float(inside.all(axis=0).mean())

    def to_crop(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn points (N, 3) of the volume into points of the crop."""
        moved = np.linalg.solve(self.matrix, (points - self.centre).T).T + self.middle
        return moved.astype(np.float32)

    def sample(
        self, image: NDArray[np.float32], labels: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Sample image (linear) and labels (nearest) over the crop.

        Parameters
        ----------
        image : ndarray, (X, Y, Z), float32
            The whole volume.
        labels : ndarray, (X, Y, Z), int32
            Its objects.

        Returns
        -------
        ndarray, crop shape, float32
            Beyond the volume the image is reflected.
        ndarray, crop shape, int32
            Beyond the volume -1: nothing is known there.
        """
        out_image = np.empty(self.shape, np.float32)
        out_labels = np.empty(self.shape, np.int32)
        start = self.centre - self.matrix @ self.middle
        _sample(image, labels, self.matrix, start, out_image, out_labels)
        return out_image, out_labels


def draw_matrix(
    rng: np.random.Generator, max_angle: float, max_log_scale: float
) -> NDArray[np.float64]:
    """Draw axis order, flips, a rotation in a random plane and a scale.

    Parameters
    ----------
    rng : Generator
        Moves on by each draw.
    max_angle : float
        In radians.
    max_log_scale : float
        The crop shows the volume enlarged or shrunk by at most ``exp`` of this.

    Returns
    -------
    ndarray, (3, 3), float64
    """
    order = np.eye(3)[rng.permutation(3)] * rng.choice((-1.0, 1.0), size=(3, 1))
    a, b = rng.permutation(3)[:2]
    angle = rng.uniform(-max_angle, max_angle)
    turn = np.eye(3)
    turn[a, a] = turn[b, b] = np.cos(angle)
    turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
    scale = np.exp(rng.uniform(-max_log_scale, max_log_scale))
    matrix: NDArray[np.float64] = scale * (turn @ order)
    return matrix


@compiled
def _reflect(i: int, n: int) -> int:
    if n == 1:
        return 0
    period = 2 * (n - 1)
    i = abs(i) % period
    return period - i if i >= n else i


@compiled
def _sample(
    image: NDArray[np.float32],
    labels: NDArray[np.int32],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    out_image: NDArray[np.float32],
    out_labels: NDArray[np.int32],
) -> None:
    n0, n1, n2 = image.shape
    for i in range(out_image.shape[0]):
        for j in range(out_image.shape[1]):
            for k in range(out_image.shape[2]):
                x = start[0] + matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2] * k
                y = start[1] + matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2] * k
                z = start[2] + matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2] * k
                x0, y0, z0 = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
                fx, fy, fz = x - x0, y - y0, z - z0
                value = 0.0
                for a in range(2):
                    wx = fx if a else 1 - fx
                    xa = _reflect(x0 + a, n0)
                    for b in range(2):
                        wy = wx * (fy if b else 1 - fy)
                        yb = _reflect(y0 + b, n1)
                        value += wy * (1 - fz) * image[xa, yb, _reflect(z0, n2)]
                        value += wy * fz * image[xa, yb, _reflect(z0 + 1, n2)]
                out_image[i, j, k] = value
                xr, yr, zr = int(np.rint(x)), int(np.rint(y)), int(np.rint(z))
                inside = 0 <= xr < n0 and 0 <= yr < n1 and 0 <= zr < n2
                out_labels[i, j, k] = labels[xr, yr, zr] if inside else -1
