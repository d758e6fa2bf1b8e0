"""A volume as other microscopes, or another day, would show it; from a fixed seed.

What changes is what a user cannot choose: contrast, noise, focus, light from one side,
the way the sample lies, the size of the voxels, the number of slices.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from skoots.validate.measure import typical_diameter

# what averages volumes for training lies among the scripts
sys.path.append(str(Path(__file__).resolve().parents[1] / "scripts" / "models"))
from annotated import Annotated, coarser, read_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SMALLER, LARGER = 0.8, 1.25
_LEAST_ACROSS = 8
"""Voxels across a typical object; a copy that shows less is left out."""


def read_annotated(path: str | Path, columns: str | None = None) -> Annotated:
    """Read ``NAME.tif`` as float32 and ``NAME.labels.tif``, or columns ``FROM:TO``."""
    start, stop = map(int, columns.split(":")) if columns else (None, None)
    image, labels, size = read_volume(path, slice(start, stop))
    return Annotated(image.astype(np.float32), labels.astype(np.uint32), size)


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
    _, voxels = np.unique(plain.labels[plain.labels > 0], return_counts=True)
    across = typical_diameter(voxels) or 0.0
    if across >= 2 * _LEAST_ACROSS and min(plain.image.shape) >= 16:
        yield "voxels of 2 x 2 x 2", coarser(plain, (2, 2, 2))
        yield "planes in pairs", coarser(plain, (2, 1, 1))
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
    """Make objects smaller or larger, not voxels; a stack of few slices keeps them."""
    factors = (zoom if plain.isotropic else 1.0, zoom, zoom)
    return Annotated(
        ndimage.zoom(plain.image, factors, order=1),
        ndimage.zoom(plain.labels, factors, order=0),
        plain.voxel_size,
    )


def _slice(plain: Annotated) -> Annotated:
    """Take the plane that shows the most objects."""
    counts = [len(np.unique(plane)) for plane in plain.labels]
    z = int(np.argmax(counts))
    return _keep(plain, plain.image[z : z + 1], plain.labels[z : z + 1])
