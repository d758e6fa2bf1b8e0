"""Keys of the section TRAIN that say what is minimised."""

from __future__ import annotations

from pydantic import Field

from skoots.config.section import (
    Count,
    Epoch,
    Float,
    Keywords,
    NonNegative,
    Positive,
    Section,
    Triple,
)

Numbers = tuple[Float, ...]
_TVERSKY = ("alpha", "beta", "eps")


class LossKeys(Section):
    """Three losses, each with its arguments, its weight and its first epoch."""

    LOSS_EMBED: str = Field(
        default="tversky",
        title="Vector loss",
        description="Loss of the vectors: "
        "tversky (alpha, beta, eps), tversky_bce (alpha, beta, smooth, bce) or "
        "soft_cldice (iter_, alpha, smooth).",
    )
    LOSS_EMBED_KEYWORDS: Keywords = Field(
        default=_TVERSKY,
        title="Vector loss arguments",
        description="Names of the arguments of the vector loss.",
    )
    LOSS_EMBED_VALUES: Numbers = Field(
        default=(0.25, 0.75, 1e-8),
        title="Vector loss values",
        description="Values of the arguments, in the order of their names.",
    )
    LOSS_EMBED_RELATIVE_WEIGHT: NonNegative = Field(
        default=1.0,
        title="Vector loss weight",
        description="Weight of the vector loss in the sum.",
    )
    LOSS_EMBED_START_EPOCH: Epoch = Field(
        default=-1,
        title="Vector loss start",
        description="The vector loss counts in epochs after this one.",
    )
    LOSS_PROBABILITY: str = Field(
        default="tversky",
        title="Probability loss",
        description="Loss of the foreground probability, as LOSS_EMBED.",
    )
    LOSS_PROBABILITY_KEYWORDS: Keywords = Field(
        default=_TVERSKY,
        title="Probability loss arguments",
        description="Names of the arguments of the probability loss.",
    )
    LOSS_PROBABILITY_VALUES: Numbers = Field(
        default=(0.5, 0.5, 1e-8),
        title="Probability loss values",
        description="Values of the arguments, in the order of their names.",
    )
    LOSS_PROBABILITY_RELATIVE_WEIGHT: NonNegative = Field(
        default=1.0,
        title="Probability loss weight",
        description="Weight of the probability loss in the sum.",
    )
    LOSS_PROBABILITY_START_EPOCH: Epoch = Field(
        default=-1,
        title="Probability loss start",
        description="The probability loss counts in epochs after this one.",
    )
    LOSS_SKELETON: str = Field(
        default="tversky",
        title="Skeleton loss",
        description="Loss of the skeleton mask, as LOSS_EMBED.",
    )
    LOSS_SKELETON_KEYWORDS: Keywords = Field(
        default=_TVERSKY,
        title="Skeleton loss arguments",
        description="Names of the arguments of the skeleton loss.",
    )
    LOSS_SKELETON_VALUES: Numbers = Field(
        default=(0.5, 1.5, 1e-8),
        title="Skeleton loss values",
        description="Values of the arguments, in the order of their names.",
    )
    LOSS_SKELETON_RELATIVE_WEIGHT: NonNegative = Field(
        default=1.0,
        title="Skeleton loss weight",
        description="Weight of the skeleton loss in the sum.",
    )
    LOSS_SKELETON_START_EPOCH: Epoch = Field(
        default=10,
        title="Skeleton loss start",
        description="The skeleton loss counts in epochs after this one.",
    )
    INITIAL_SIGMA: Triple = Field(
        default=(20.0, 20.0, 20.0),
        title="First sigma",
        description="Voxels along X, Y, Z by which a vector may miss at first.",
    )
    SIGMA_DECAY: tuple[tuple[Positive, Count], ...] = Field(
        default=((0.66, 200), (0.66, 800), (0.66, 1500), (0.5, 20000), (0.5, 20000)),
        title="Sigma decay",
        description="Pairs of a factor and the epoch after which it narrows sigma.",
    )
    SKELETON_MASK_RADIUS: Count = Field(
        default=9,
        title="Skeleton radius",
        description="Radius in voxels of the disk drawn round each skeleton point.",
    )
    SKELETON_MASK_FLANK_RADIUS: Count = Field(
        default=3,
        title="Skeleton flank radius",
        description="Radius in voxels of the disks in the planes above and below.",
    )
