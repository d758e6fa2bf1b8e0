"""Volumes with their labels: read, and averaged to coarser voxels.

For the folders that models are trained in (`prepare`), and for the changed copies that
benchmarks score them on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import VoxelSize

    Factors = tuple[int, int, int]

_EVERYWHERE = slice(None)


class Annotated(NamedTuple):
    """An image and its labels, (Z, Y, X) both."""

    image: NDArray[Any]
    labels: NDArray[Any]
    voxel_size: VoxelSize | None
    """Along Z, Y, X in micrometres, as far as it is known."""

    @property
    def isotropic(self) -> bool:
        """Whether voxels are about as long along every axis, as far as is known."""
        size = self.voxel_size or (1.0, 1.0, 1.0)
        return max(size) < 1.5 * min(size)


def read_volume(path: str | Path, columns: slice = _EVERYWHERE) -> Annotated:
    """Read ``NAME.tif`` and ``NAME.labels.tif``, or a range of columns of them."""
    image, labels = (
        open_source(path),
        open_source(Path(path).with_suffix(".labels.tif")),
    )
    return Annotated(
        np.asarray(image.read(whole(image.shape)))[..., columns],
        np.asarray(labels.read(whole(labels.shape)))[..., columns],
        image.voxel_size,
    )


def coarser(annotated: Annotated, factors: Factors, least: int = 1) -> Annotated:
    """Average the image, and give each voxel the label that most of it had.

    Of labels that are equally frequent the lowest is taken, so background before any
    object. Planes, rows and columns that fill no voxel are left out.

    Parameters
    ----------
    annotated : Annotated
        Of any types; they stay what they are.
    factors : tuple of 3 ints
        Voxels along Z, Y, X that become one.
    least : int
        Objects of which fewer voxels are left become background.
    """
    image, labels, size = annotated
    most = _most_frequent(_blocks(labels, factors))
    ids, counts = np.unique(most, return_counts=True)
    most[np.isin(most, ids[counts < least])] = 0
    mean = _blocks(image, factors).mean(axis=-1, dtype=np.float32)
    if np.issubdtype(image.dtype, np.integer):
        mean = np.rint(mean)
    return Annotated(mean.astype(image.dtype), most, scaled(size, factors))


def scaled(size: VoxelSize | None, factors: Sequence[float]) -> VoxelSize | None:
    """Give the size of voxels that are so many times as long along Z, Y, X."""
    if size is None:
        return None
    z, y, x = (n * f for n, f in zip(size, factors, strict=True))
    return z, y, x


def _most_frequent(blocks: NDArray[Any]) -> NDArray[Any]:
    """Give the most frequent of the last axis; of several the lowest."""
    blocks = np.sort(blocks, axis=-1)
    most, best = blocks[..., 0].copy(), np.zeros(blocks.shape[:-1], np.int64)
    run = np.zeros_like(best)
    for k in range(blocks.shape[-1]):
        here = blocks[..., k]
        run = np.where(here == blocks[..., k - 1], run + 1, 1) if k else run + 1
        longer = run > best
        most[longer], best[longer] = here[longer], run[longer]
    return most


def _blocks(array: NDArray[Any], factors: Factors) -> NDArray[Any]:
    """Put the voxels that become one side by side: (Z, Y, X, voxels)."""
    inner = [n // f * f for n, f in zip(array.shape, factors, strict=True)]
    z, y, x = (n // f for n, f in zip(inner, factors, strict=True))
    a, b, c = factors
    cut = array[: inner[0], : inner[1], : inner[2]].reshape(z, a, y, b, x, c)
    return cut.transpose(0, 2, 4, 1, 3, 5).reshape(z, y, x, a * b * c)
