"""The grid that the network works on: the image's, or one at the model's scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from skoots._types import Shape3, VoxelSize
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.wishes import Wishes
    from skoots.volume.source import Source

LARGEST_ZOOM = 16.0
"""A larger change of scale is a mistake in a voxel size, not a wish."""

LARGEST_GROWTH = 8.0
"""Voxels of the grid for each of the image; work beyond this is begun on demand."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the voxels of an image lie to those that a model knows."""

    zooms: tuple[float, float, float]
    """Voxels of the model's size for each of the image, along Z, Y, X."""

    fits: bool
    """Whether objects have sizes in voxels that the model finds, as they are."""

    @property
    def possible(self) -> bool:
        """Whether the image can be resampled so at all."""
        return all(1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM for zoom in self.zooms)

    @property
    def by_itself(self) -> bool:
        """Whether it is where nobody says: it helps, and costs no multiple of time."""
        cheap = math.prod(self.zooms) <= LARGEST_GROWTH
        return not self.fits and self.possible and cheap


def compare(
    checkpoint: Checkpoint,
    here: VoxelSize | None,
    planes: int,
    diameter: float | None = None,
) -> Scale | None:
    """Compare the voxels of an image with those of a model.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model, with the range of sizes that it finds (``TRAINER.SCALE_RANGE``).
    here : tuple of float or None
        Voxel size of the image along Z, Y, X, in micrometres.
    planes : int
        Of the image. One alone has no depth, so it stays one.
    diameter : float, optional
        Of a typical object of the image, in voxels, which goes over the voxel size.

    Returns
    -------
    Scale or None
        None where it is not known how they compare.
    """
    there = checkpoint.voxel_size
    if diameter is not None:
        if checkpoint.object_diameter is None:
            return None
        wide = high = checkpoint.object_diameter / diameter
        # a model that does not say knows voxels that are as deep as they are wide
        deep = wide * _depth(here) / _depth(there) if here else wide
    elif here and there:
        deep, high, wide = (a / b for a, b in zip(here, there, strict=True))
    else:
        return None
    flat = planes == 1
    least, most = checkpoint.config.TRAINER.SCALE_RANGE
    counting = (high, wide) if flat else (deep, high, wide)
    fits = all(least <= 1 / zoom <= most for zoom in counting)
    return Scale((1.0 if flat else deep, high, wide), fits)


def found_diameters(checkpoint: Checkpoint) -> tuple[float, float] | None:
    """Give the least and the greatest size of objects that a model finds.

    Returns
    -------
    tuple of float or None
        In voxels across; None where the model does not say how large its objects were.
    """
    if checkpoint.object_diameter is None:
        return None
    least, most = checkpoint.config.TRAINER.SCALE_RANGE
    return least * checkpoint.object_diameter, most * checkpoint.object_diameter


def _depth(voxel_size: VoxelSize | None) -> float:
    """Give how deep a voxel is for its width."""
    return 1.0 if voxel_size is None else voxel_size[0] / voxel_size[1]


def grid_shape(
    extent: Shape3,
    voxel_size: VoxelSize | None,
    checkpoint: Checkpoint,
    wishes: Wishes,
) -> Shape3:
    """Give the extent of the grid that the network works on, in voxels.

    Parameters
    ----------
    extent : tuple of int
        Of the image along Z, Y, X, in voxels.
    voxel_size : tuple of float or None
        Of the image, likewise, in micrometres.
    checkpoint : Checkpoint
        The model.
    wishes : Wishes
        What the user wants of the grid.

    Raises
    ------
    SettingsError
        If a wish cannot be met.
    """
    zooms = _zooms(extent, voxel_size, checkpoint, wishes)
    for axis, zoom in zip("ZYX", zooms, strict=True):
        if not 1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM:
            times, how = (zoom, "larger") if zoom > 1 else (1 / zoom, "smaller")
            raise SettingsError(
                f"The image would be made {times:.3g} times {how} along {axis}; at "
                f"most {LARGEST_ZOOM:g} times makes sense. Check diameter (--diameter) "
                f"and voxel_size (--voxel-size)."
            )
    z, y, x = (max(1, round(n * f)) for n, f in zip(extent, zooms, strict=True))
    return z, y, x


def _zooms(
    extent: Shape3,
    voxel_size: VoxelSize | None,
    checkpoint: Checkpoint,
    wishes: Wishes,
) -> tuple[float, float, float]:
    """Give voxels of the grid per voxel of the image, along Z, Y, X."""
    _check(wishes)
    scale = compare(checkpoint, voxel_size, extent[0], wishes.diameter)
    if wishes.diameter is not None:
        if scale is None:
            raise SettingsError(
                f"The model {checkpoint.name} does not say how large its objects were. "
                "Use resample (--resample) with a voxel size instead of diameter "
                "(--diameter)."
            )
        return scale.zooms
    if wishes.resample and scale is None:
        raise SettingsError(_why_unknown(checkpoint))
    if scale is None or wishes.resample is False:
        return 1.0, 1.0, 1.0
    return scale.zooms if wishes.resample or scale.by_itself else (1.0, 1.0, 1.0)


def _why_unknown(checkpoint: Checkpoint) -> str:
    if checkpoint.voxel_size is None:
        return (
            f"The model {checkpoint.name} does not say at which voxel size it was "
            "trained. Use diameter (--diameter) instead of resample (--resample)."
        )
    return (
        "The image has no voxel size, so it is not known how far to resample it. Say "
        "it with voxel_size (--voxel-size), or use diameter (--diameter) instead of "
        "resample (--resample)."
    )


def _check(wishes: Wishes) -> None:
    if wishes.diameter is None:
        return
    if wishes.resample is not None:
        raise SettingsError(
            "resample (--resample) and diameter (--diameter) are two ways to set one "
            "scale. Give one of them."
        )
    if wishes.diameter <= 0:
        raise SettingsError(
            f"A diameter of {wishes.diameter} voxels is no size. Give the voxels "
            "across a typical object."
        )


def grid_voxel_size(image: Source, shape: Shape3) -> VoxelSize | None:
    """Give the voxel size of the grid along Z, Y, X, in micrometres.

    None where the image has none: labels that are measured must not have that of the
    model.
    """
    if image.voxel_size is None:
        return None
    pairs = zip(image.voxel_size, image.shape, shape, strict=True)
    z, y, x = (size * n / m for size, n, m in pairs)
    return z, y, x
