"""A volume as other microscopes, or another day, would show it; from a fixed seed.

What changes is what a user cannot choose: contrast, noise, focus, light from one side,
the way the sample lies, the size of the voxels, the number of slices.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage

from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots._types import VoxelSize

SMALLER, LARGER = 0.8, 1.25
_LEAST_ACROSS = 8
"""Voxels across a typical object; a copy that shows less is left out."""


class Annotated(NamedTuple):
    """An image and its labels, (Z, Y, X) both."""

    image: NDArray[np.float32]
    labels: NDArray[np.uint32]
    voxel_size: VoxelSize | None
    """Along Z, Y, X in micrometres."""

    @property
    def isotropic(self) -> bool:
        """Whether voxels are about as long along every axis, as far as is known."""
        size = self.voxel_size or (1.0, 1.0, 1.0)
        return max(size) < 1.5 * min(size)


def read_annotated(path: str | Path, columns: str | None = None) -> Annotated:
    """Read ``NAME.tif`` and ``NAME.labels.tif``, or a range of columns of them."""
    image = open_source(path)
    labels = open_source(Path(path).with_suffix(".labels.tif"))
    start, stop = map(int, (columns or f"0:{image.shape[2]}").split(":"))
    grey = image.read(whole(image.shape))[..., start:stop].astype(np.float32)
    known = labels.read(whole(labels.shape))[..., start:stop].astype(np.uint32)
    return Annotated(grey, known, image.voxel_size)


def shifted(plain: Annotated) -> Iterator[tuple[str, Annotated]]:
    """Yield the volume as it is and changed, each with its name."""
    yield "as it is", plain
    turned = np.rot90(plain.image[::-1], axes=(1, 2))
    yield (
        "turned and flipped",
        _keep(plain, turned, np.rot90(plain.labels[::-1], axes=(1, 2))),
    )
    for name, image in _recoloured(plain.image):
        yield name, _keep(plain, image, plain.labels)
    for zoom in (SMALLER, LARGER):
        yield f"objects {zoom:g} as large", _zoomed(plain, zoom)
    if _diameter(plain.labels) >= 2 * _LEAST_ACROSS and min(plain.image.shape) >= 16:
        yield "voxels of 2 x 2 x 2", _averaged(plain, (2, 2, 2))
        yield "planes in pairs", _averaged(plain, (2, 1, 1))
    yield "one slice", _slice(plain)


def _recoloured(
    image: NDArray[np.float32],
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    low, high = np.percentile(image, [0.5, 99.5])
    span = max(high - low, 1e-6)
    noise = np.random.default_rng(0).normal(0, 0.35 * image.std(), image.shape)
    slope = np.linspace(-0.6, 0.6, image.shape[2]) * image.std()
    yield "noise of 0.35 deviations", image + noise.astype(np.float32)
    yield "blurred by 0.9 voxels", ndimage.gaussian_filter(image, 0.9)
    yield "gamma 1.6", low + span * ((image - low) / span).clip(0, 1) ** 1.6
    yield "gamma 0.6", low + span * ((image - low) / span).clip(0, 1) ** 0.6
    yield "a slope of brightness", image + slope.astype(np.float32)
    yield "light and dark exchanged", low + high - image


def _keep(
    plain: Annotated, image: NDArray[np.float32], labels: NDArray[np.uint32]
) -> Annotated:
    return Annotated(
        np.ascontiguousarray(image, np.float32),
        np.ascontiguousarray(labels),
        plain.voxel_size,
    )


def _zoomed(plain: Annotated, zoom: float) -> Annotated:
    """Make objects smaller or larger; a stack of few slices keeps them."""
    factors = (zoom if plain.isotropic else 1.0, zoom, zoom)
    size = plain.voxel_size
    return Annotated(
        ndimage.zoom(plain.image, factors, order=1),
        ndimage.zoom(plain.labels, factors, order=0),
        None if size is None else _scaled(size, [1 / factor for factor in factors]),
    )


def _averaged(plain: Annotated, factors: tuple[int, int, int]) -> Annotated:
    """Average voxels, and take the label of one in their middle."""
    inner = tuple(
        slice(0, n // f * f) for n, f in zip(plain.image.shape, factors, strict=True)
    )
    image = plain.image[inner]
    for axis, factor in enumerate(factors):
        shape = [*image.shape[:axis], -1, factor, *image.shape[axis + 1 :]]
        image = image.reshape(shape).mean(axis=axis + 1)
    a, b, c = factors
    labels = plain.labels[inner][a // 2 :: a, b // 2 :: b, c // 2 :: c]
    size = plain.voxel_size
    return Annotated(
        np.ascontiguousarray(image, np.float32),
        np.ascontiguousarray(labels),
        None if size is None else _scaled(size, factors),
    )


def _slice(plain: Annotated) -> Annotated:
    """Take the plane that shows the most objects."""
    counts = [len(np.unique(plane)) for plane in plain.labels]
    z = int(np.argmax(counts))
    return _keep(plain, plain.image[z : z + 1], plain.labels[z : z + 1])


def _scaled(size: VoxelSize, factors: tuple[float, ...] | list[float]) -> VoxelSize:
    z, y, x = (n * f for n, f in zip(size, factors, strict=True))
    return z, y, x


def _diameter(labels: NDArray[np.uint32]) -> float:
    """Voxels across a ball as large as the median object."""
    _, counts = np.unique(labels[labels > 0], return_counts=True)
    return float((6 * np.median(counts) / np.pi) ** (1 / 3)) if len(counts) else 0.0
