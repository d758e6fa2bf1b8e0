"""The section AUGMENTATION_EXTRA: variation that the published one has no key for."""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Gt, Le
from pydantic import Field

from skoots.config.section import Float, NonNegative, Range, Rate, Section, Size

Crop = tuple[Size, Size, Size, Annotated[Float, Gt(0), Le(1)]]
"""Extent along X, Y, Z in voxels, and how often it is drawn."""


class AugmentationExtraConfig(Section):
    """Variation of crops beyond the published one; by default there is none.

    Turning about any axis and taking the axes in any order suit volumes whose voxels
    are about as long along each axis.
    """

    NAME: ClassVar[str] = "AUGMENTATION_EXTRA"

    CROPS: tuple[Crop, ...] = Field(
        default=(),
        title="Other crops",
        description="Extents along X, Y, Z with the share of crops that have them; "
        "the rest is as AUGMENTATION.CROP_... says.",
    )
    PERMUTE_RATE: Rate = Field(
        default=0.0,
        title="Axis order rate",
        description="How often the axes are taken in another order.",
    )
    ROTATION_RATE: Rate = Field(
        default=0.0,
        title="Rotation rate",
        description="How often a crop is turned in any plane and scaled alike along "
        "all axes.",
    )
    ROTATION_RANGE: Range = Field(
        default=(-45.0, 45.0),
        title="Rotation range",
        description="Least and greatest turn in a plane of any direction, in degrees.",
    )
    ROTATION_SCALE: tuple[NonNegative, NonNegative] = Field(
        default=(0.7, 1.4),
        title="Rotation scale",
        description="Least and greatest magnification of a turned crop; logarithms "
        "are drawn evenly.",
    )
    INVERT_RATE: Rate | None = Field(
        default=None,
        title="Inversion rate",
        description="How often light and dark change places; none: BRIGHTNESS_RATE, "
        "as published.",
    )
    GAMMA_RATE: Rate = Field(
        default=0.0, title="Gamma rate", description="How often a gamma is applied."
    )
    GAMMA_RANGE: tuple[NonNegative, NonNegative] = Field(
        default=(0.7, 1.4),
        title="Gamma range",
        description="Least and greatest exponent; logarithms are drawn evenly.",
    )
    SHADE_RATE: Rate = Field(
        default=0.0,
        title="Shade rate",
        description="How often places are made darker and lighter.",
    )
    SHADE: NonNegative = Field(
        default=0.5,
        title="Shade",
        description="Greatest deviation of the shade, in deviations of the volume.",
    )
    BLUR_RATE: Rate = Field(
        default=0.0, title="Blur rate", description="How often a crop is blurred."
    )
    BLUR_RANGE: tuple[NonNegative, NonNegative] = Field(
        default=(0.3, 1.2),
        title="Blur range",
        description="Least and greatest deviation of the blur, in voxels.",
    )
