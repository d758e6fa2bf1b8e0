"""The section AUGMENTATION: how training crops are cut and varied."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from skoots.config.section import Count, NonNegative, Range, Rate, Section, Size, Triple


class AugmentationConfig(Section):
    """Crops, and how often and how far they are changed; axes are X, Y, Z."""

    NAME: ClassVar[str] = "AUGMENTATION"

    CROP_WIDTH: Size = Field(
        default=300, title="Crop along X", description="Voxels of a crop along X."
    )
    CROP_HEIGHT: Size = Field(
        default=300, title="Crop along Y", description="Voxels of a crop along Y."
    )
    CROP_DEPTH: Size = Field(
        default=20, title="Crop along Z", description="Voxels of a crop along Z."
    )
    FLIP_RATE: Rate = Field(
        default=0.5,
        title="Flip rate",
        description="How often each axis is flipped.",
    )
    BRIGHTNESS_RATE: Rate = Field(
        default=0.4,
        title="Brightness rate",
        description="How often the brightness is changed.",
    )
    BRIGHTNESS_RANGE: Range = Field(
        default=(-0.1, 0.1),
        title="Brightness range",
        description="Least and greatest brightness that is added.",
    )
    NOISE_RATE: Rate = Field(
        default=0.2, title="Noise rate", description="How often noise is added."
    )
    NOISE_GAMMA: NonNegative = Field(
        default=0.1, title="Noise", description="Greatest noise that is added."
    )
    CONTRAST_RATE: Rate = Field(
        default=0.33,
        title="Contrast rate",
        description="How often the contrast is changed.",
    )
    CONTRAST_RANGE: tuple[NonNegative, NonNegative] = Field(
        default=(0.75, 2.0),
        title="Contrast range",
        description="Least and greatest factor of the contrast.",
    )
    AFFINE_RATE: Rate = Field(
        default=0.66,
        title="Affine rate",
        description="How often a crop is turned, sheared and scaled.",
    )
    AFFINE_SCALE: tuple[NonNegative, NonNegative] = Field(
        default=(0.85, 1.1),
        title="Affine scale",
        description="Least and greatest magnification.",
    )
    AFFINE_YAW: Range = Field(
        default=(-180, 180),
        title="Affine yaw",
        description="Least and greatest turn in the X-Y plane, in degrees.",
    )
    AFFINE_SHEAR: Range = Field(
        default=(-7, 7),
        title="Affine shear",
        description="Least and greatest shear in the X-Y plane, in degrees.",
    )
    ELASTIC_RATE: Rate = Field(
        default=0.33, title="Elastic rate", description="How often a crop is bent."
    )
    ELASTIC_GRID_SHAPE: tuple[Size, Size, Size] = Field(
        default=(6, 6, 2),
        title="Elastic grid",
        description="Points along X, Y, Z whose shifts bend a crop.",
    )
    ELASTIC_GRID_MAGNITUDE: tuple[NonNegative, NonNegative, NonNegative] = Field(
        default=(0.05, 0.05, 0.01),
        title="Elastic magnitude",
        description="Greatest shift along X, Y, Z, as a share of the crop.",
    )
    BAKE_SKELETON_ANISOTROPY: Triple = Field(
        default=(1.0, 1.0, 3.0),
        title="Anisotropy",
        description="Edge lengths of a voxel along X, Y, Z when skeletons are baked.",
    )
    SMOOTH_SKELETON_KERNEL_SIZE: tuple[Size, Size, Size] = Field(
        default=(3, 3, 1),
        title="Skeleton smoothing",
        description="Published, never used: kernel along X, Y, Z.",
    )
    N_SKELETON_MASK_DILATE: Count = Field(
        default=1,
        title="Skeleton mask dilations",
        description="Published, never used: dilations of the skeleton mask.",
    )
