"""The section TRAINER: what the published YAML has no key for."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Interval
from pydantic import Field

from skoots.config.section import Count, Float, NonNegative, Positive, Rate, Section

Shrunk = Annotated[Float, Interval(gt=0, le=1)]
Grown = Annotated[Float, Ge(1)]
"""Sizes of objects, of those of the training data."""


class TrainerConfig(Section):
    """How a training runs, beyond what the section TRAIN says."""

    NAME: ClassVar[str] = "TRAINER"

    SEED: Count = Field(
        default=0, title="Seed", description="Of first weights, crops and noise."
    )
    THREADS: Count = Field(
        default=0,
        title="Threads",
        description="Processor threads that may work; 0: all there are.",
    )
    NORMALIZATION: Literal["volume", "dataset"] = Field(
        default="volume",
        title="Normalisation",
        description="volume: each volume has mean 0 and deviation 1; dataset: all "
        "are shifted and scaled alike, by the mean and deviation of all together.",
    )
    SKELETON_MASK: Literal["disks", "within"] = Field(
        default="disks",
        title="Skeleton mask",
        description="disks: as published; within: voxels of the object within "
        "SKELETON_MASK_RADIUS of their own skeleton.",
    )
    SKELETON_MASK_SHARE: Rate = Field(
        default=0.0,
        title="Skeleton mask share",
        description="within: of an object's half width, where that is less than the "
        "radius; so the mask of thin objects is thin. 0: the radius alone.",
    )
    OBJECT_RATE: Rate = Field(
        default=1.0,
        title="Object rate",
        description="Share of the crops that are centred on an object.",
    )
    CENTRE_JITTER: NonNegative = Field(
        default=0.0,
        title="Centre jitter",
        description="Voxels by which such a crop misses its object at most.",
    )
    SIGMA_FLOOR: NonNegative = Field(
        default=0.0,
        title="Least sigma",
        description="Voxels below which sigma does not fall.",
    )
    EMA_DECAY: Annotated[Float, Interval(ge=0, lt=1)] = Field(
        default=0.998,
        title="Averaging of weights",
        description="Share of the old average that a step keeps; 0: no average.",
    )
    GRADIENT_CLIP: NonNegative = Field(
        default=5.0,
        title="Gradient clip",
        description="Greatest norm of a gradient; 0: none.",
    )
    FINAL_LEARNING_RATE: Rate = Field(
        default=0.02,
        title="Final learning rate",
        description="Share of LEARNING_RATE at the end of a course that falls.",
    )
    FREEZE_NORM_EPOCH: Count | None = Field(
        default=None,
        title="Fixed normalisation from epoch",
        description="From this epoch on, counted from 0, the U-Net normalises by its "
        "running statistics alone, as it does when it is applied; none: never. For "
        "unet alone: other networks have no such statistics.",
    )
    CHECKPOINT_MINUTES: Positive = Field(
        default=5.0,
        title="Checkpoint every",
        description="Minutes of training that a kill may lose.",
    )
    SECONDS: NonNegative = Field(
        default=0.0,
        title="Seconds",
        description="A training ends with the epoch in which it has taken so long, "
        "validations included; 0: after NUM_EPOCHS alone.",
    )
    VALIDATE_SECONDS: NonNegative = Field(
        default=0.0,
        title="Validate every",
        description="Seconds of training at least from one validation to the next, "
        "beside VALIDATE_EPOCH_SKIP.",
    )
    VALIDATE_FIRST: bool = Field(
        default=False,
        title="Validate first",
        description="Validate the model that a training starts from, too. Where none "
        "is better it is the one that is delivered.",
    )
    SCORE_VALIDATIONS: Count = Field(
        default=1,
        title="Score every",
        description="Validations until whole volumes are segmented and scored; "
        "0: never.",
    )
    OBJECT_DIAMETER: Positive | None = Field(
        default=None,
        title="Object diameter",
        description="Voxels across a typical object, which the model says; none: as "
        "measured on the volumes of the first folder.",
    )
    SCORE_TAUGHT: bool = Field(
        default=False,
        title="Score what is learned from",
        description="Score the boxes that are learned from as well. Between models "
        "that find as much of what is held out (F1 at 0.5) they decide: of a few "
        "painted objects, one or two are held out, and chance decides a lot.",
    )
    SCALE_RANGE: tuple[Shrunk, Grown] = Field(
        default=(0.666, 1.5),
        title="Sizes that are learnt",
        description="Least and greatest size of objects in voxels, of those at the "
        "model's voxel size, that it is made for; images with others are resampled.",
    )
