"""The grid that the network works on: the image's, or one at the model's scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from skoots.errors import SettingsError
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


def grid_shape(image: Source, checkpoint: Checkpoint, wishes: Wishes) -> Shape3:
    """Give the extent of the grid that the network works on."""
    zooms = _zooms(image, checkpoint, wishes)
    for axis, zoom in zip("ZYX", zooms, strict=True):
        if not 1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM:
            raise SettingsError(
                f"The image would be resampled {zoom:.3g} times along {axis}; at most "
                f"{LARGEST_ZOOM:g} times makes sense. Check the voxel size "
                f"({format_voxel_size(image.voxel_size)}) or the diameter."
            )
    z, y, x = (max(1, round(n * f)) for n, f in zip(image.shape, zooms, strict=True))
    return z, y, x


def is_made_for(checkpoint: Checkpoint, here: VoxelSize | None) -> bool:
    """Whether a model is made for a voxel size, as far as is known.

    Sizes of objects, in voxels, differ by no more than ``TRAINER.SCALE_RANGE`` from
    those that it was trained on.
    """
    there = checkpoint.voxel_size
    if here is None or there is None:
        return True
    least, most = checkpoint.config.TRAINER.SCALE_RANGE
    sizes = [b / a for a, b in zip(here, there, strict=True)]
    return least <= min(sizes) and max(sizes) <= most


def resamples_by_itself(checkpoint: Checkpoint, here: VoxelSize | None) -> bool:
    """Whether an image of a voxel size is resampled to the model's where nobody says.

    It is if the model is not made for such voxels and the grid does not become much
    larger than the image.
    """
    there = checkpoint.voxel_size
    if here is None or there is None or is_made_for(checkpoint, here):
        return False
    zooms = [a / b for a, b in zip(here, there, strict=True)]
    sensible = all(1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM for zoom in zooms)
    return sensible and math.prod(zooms) <= LARGEST_GROWTH


def _zooms(
    image: Source, checkpoint: Checkpoint, wishes: Wishes
) -> tuple[float, float, float]:
    """Give voxels of the grid per voxel of the image, along Z, Y, X."""
    if wishes.resample and wishes.diameter is not None:
        raise SettingsError(
            "resample (--resample) and diameter (--diameter) are two ways to set one "
            "scale. Give one of them."
        )
    here = image.voxel_size or checkpoint.voxel_size
    there = checkpoint.voxel_size
    if wishes.diameter is None:
        resample = wishes.resample
        if resample is None:
            resample = resamples_by_itself(checkpoint, image.voxel_size)
        if not resample:
            return 1.0, 1.0, 1.0
        if here is None or there is None:
            raise SettingsError(
                f"The model {checkpoint.name} does not say at which voxel size it was "
                "trained. Use diameter (--diameter) instead of resample (--resample)."
            )
        z, y, x = (a / b for a, b in zip(here, there, strict=True))
        return z, y, x
    if checkpoint.object_diameter is None:
        raise SettingsError(
            f"The model {checkpoint.name} does not say how large its objects were. "
            "Use resample (--resample) with a voxel size instead of diameter "
            "(--diameter)."
        )
    if wishes.diameter <= 0:
        raise SettingsError(
            f"A diameter of {wishes.diameter} voxels is no size. Give the voxels "
            "across a typical object."
        )
    wide = checkpoint.object_diameter / wishes.diameter
    if here is None or there is None:
        return wide, wide, wide
    # the depth of a voxel against its width, as the model knows it
    deep = wide * (here[0] / here[1]) / (there[0] / there[1])
    return deep, wide, wide


def grid_voxel_size(
    image: Source, shape: Shape3, checkpoint: Checkpoint
) -> VoxelSize | None:
    """Give the voxel size of the grid along Z, Y, X, in micrometres."""
    size = image.voxel_size or checkpoint.voxel_size
    if size is None:
        return None
    z, y, x = (s * n / m for s, n, m in zip(size, image.shape, shape, strict=True))
    return z, y, x


def scale_notices(
    image: Source, checkpoint: Checkpoint, plan: RunPlan, wishes: Wishes
) -> list[str]:
    """Say where the voxels may not be as large as those of the model."""
    there = checkpoint.voxel_size
    if image.voxel_size is None:
        if there is None:
            return []
        said = format_voxel_size(there)
        return [
            (
                f"The image has no voxel size: that of the model is assumed, {said} "
                "(Z, Y, X). voxel_size of open_source (--voxel-size) says another."
            )
        ]
    if there is None or is_made_for(checkpoint, image.voxel_size):
        return []
    if wishes.resample is not None or wishes.diameter is not None:
        return []  # it was thought of
    here, trained = format_voxel_size(image.voxel_size), format_voxel_size(there)
    differ = f"The image has {here}, the model was trained at {trained} (Z, Y, X)"
    if plan.resampled:
        way = (
            ": the image is resampled as it is read. resample=False (--no-resample) "
            "works on its own grid."
        )
    else:
        way = (
            ". Objects of another size in voxels are found badly: resample=True "
            "(--resample) works at the model's, on many more voxels."
        )
    return [differ + way]
