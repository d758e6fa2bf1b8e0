"""The grid that the network works on: the image's, or one at the model's scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import SettingsError
from skoots.events import Notice, ScaleNotice
from skoots.volume.voxel_size import format_voxel_size

if TYPE_CHECKING:
    from skoots._types import Shape3, VoxelSize
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.plan import RunPlan
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
    known = here is not None and there is not None
    deep = here[0] / there[0] if here and there else 1.0
    if diameter is not None:
        if checkpoint.object_diameter is None:
            return None
        wide = high = checkpoint.object_diameter / diameter
        # the depth of a voxel against its width, as the model knows it
        deep = wide * deep / (here[1] / there[1]) if here and there else wide
    elif here and there:
        high, wide = here[1] / there[1], here[2] / there[2]
    if not known and diameter is None:
        return None
    flat = planes == 1
    least, most = checkpoint.config.TRAINER.SCALE_RANGE
    counting = (high, wide) if flat else (deep, high, wide)
    fits = all(least <= 1 / zoom <= most for zoom in counting)
    return Scale((1.0 if flat else deep, high, wide), fits)


def grid_shape(image: Source, checkpoint: Checkpoint, wishes: Wishes) -> Shape3:
    """Give the extent of the grid that the network works on."""
    zooms = _zooms(image, checkpoint, wishes)
    for axis, zoom in zip("ZYX", zooms, strict=True):
        if not 1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM:
            times, how = (zoom, "larger") if zoom > 1 else (1 / zoom, "smaller")
            raise SettingsError(
                f"The image would be made {times:.3g} times {how} along {axis}; at "
                f"most {LARGEST_ZOOM:g} times makes sense. Check diameter (--diameter) "
                f"or voxel_size (--voxel-size: {format_voxel_size(image.voxel_size)})."
            )
    z, y, x = (max(1, round(n * f)) for n, f in zip(image.shape, zooms, strict=True))
    return z, y, x


def _zooms(
    image: Source, checkpoint: Checkpoint, wishes: Wishes
) -> tuple[float, float, float]:
    """Give voxels of the grid per voxel of the image, along Z, Y, X."""
    _check(wishes)
    scale = compare(checkpoint, image.voxel_size, image.shape[0], wishes.diameter)
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


def scale_notices(
    image: Source, checkpoint: Checkpoint, plan: RunPlan, wishes: Wishes
) -> list[Notice]:
    """Say where the voxels may not be as large as those of the model."""
    if wishes.resample is not None or wishes.diameter is not None:
        return []  # it was thought of
    there = checkpoint.voxel_size
    if image.voxel_size is None:
        return [] if there is None else [ScaleNotice(_unknown(checkpoint, there))]
    scale = compare(checkpoint, image.voxel_size, image.shape[0])
    if there is None or scale is None or scale.fits:
        return []
    here, trained = format_voxel_size(image.voxel_size), format_voxel_size(there)
    differ = f"The image has {here}, the model was trained at {trained} (Z, Y, X)"
    if plan.resampled:
        way = (
            ": the image is resampled as it is read. resample=False (--no-resample) "
            "works on its own grid."
        )
    elif scale.possible:
        way = (
            ". Objects of another size in voxels are found badly: resample=True "
            "(--resample) works at the model's, on many more voxels."
        )
    else:
        way = (
            ", too far apart to resample. Check the voxel size (--voxel-size), or say "
            "with diameter (--diameter) how large objects are."
        )
    return [ScaleNotice(differ + way)]


def _unknown(checkpoint: Checkpoint, there: VoxelSize) -> str:
    across = checkpoint.object_diameter
    objects = (
        "" if across is None else f", where objects are {across:.0f} voxels across"
    )
    return (
        "The image has no voxel size, so its voxels are taken as they are. The model "
        f"{checkpoint.name} was trained at {format_voxel_size(there)} (Z, Y, X)"
        f"{objects}. Say with voxel_size (--voxel-size) or diameter (--diameter) how "
        "large yours are."
    )
