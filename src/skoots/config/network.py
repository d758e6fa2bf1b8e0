"""The section MODEL: which network, and how large."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from skoots.config.section import Depths, Dims, NonNegative, Rate, Section, Size

Architecture = Literal["bism_unext", "bism_unet", "unet"]


class ModelConfig(Section):
    """Architecture of the network.

    `DIMS` and `DEPTHS` mean something else for each architecture. For ``bism_unext``
    both have one entry a level, going down and up again. For ``unet`` `DIMS` are the
    stem and the levels going down, `DEPTHS` the blocks of the levels going down and
    up again.
    """

    NAME: ClassVar[str] = "MODEL"

    ARCHITECTURE: Architecture = Field(
        default="bism_unext",
        title="Architecture",
        description="bism_unext for published models, unet for ours.",
    )
    IN_CHANNELS: Size = Field(
        default=1,
        title="Input channels",
        description="Channels of the image that the network reads.",
    )
    OUT_CHANNELS: Size = Field(
        default=32,
        title="Backbone channels",
        description="Channels that the backbone gives; bism_unext: the last of DIMS.",
    )
    DIMS: Dims = Field(
        default=(32, 64, 128, 64, 32),
        title="Channels of the levels",
        description="Channels of each level of the network.",
    )
    DEPTHS: Depths = Field(
        default=(2, 2, 2, 2, 2),
        title="Blocks of the levels",
        description="Blocks of each level of the network.",
    )
    KERNEL_SIZE: Size = Field(
        default=7,
        title="Kernel size",
        description="Edge of the depthwise convolutions: 3, 5 or 7 voxels.",
    )
    DROP_PATH_RATE: Rate = Field(
        default=0.0,
        title="Drop path rate",
        description="How often a block is left out of a training step.",
    )
    LAYER_SCALE_INIT_VALUE: NonNegative = Field(
        default=1.0,
        title="Layer scale",
        description="First weight of each block's answer; 0 builds none.",
    )
    ACTIVATION: str = Field(
        default="gelu",
        title="Activation",
        description="Non-linearity of the blocks: gelu, relu, silu or selu.",
    )
    BLOCK: str = Field(
        default="block3d", title="Block", description="Kind of block; block3d alone."
    )
    CONCAT_BLOCK: str = Field(
        default="concatconv3d",
        title="Skip connection",
        description="How the two sides are joined; concatconv3d alone.",
    )
    UPSAMPLE_BLOCK: str = Field(
        default="upsamplelayer3d",
        title="Up-sampling",
        description="How a level is enlarged; upsamplelayer3d alone.",
    )
    NORMALIZATION: str = Field(
        default="layernorm",
        title="Normalisation",
        description="Normalisation of the features; layernorm alone.",
    )
    COMPILE: bool = Field(
        default=False,
        title="Compile",
        description="Compile the network before it is trained.",
    )
