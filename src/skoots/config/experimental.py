"""The section EXPERIMENTAL: training on sparse labels, as published."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from skoots.config.section import NonNegative, Rate, Section


class ExperimentalConfig(Section):
    """Losses for volumes in which not every object is labelled."""

    NAME: ClassVar[str] = "EXPERIMENTAL"

    DIST_THR: NonNegative = Field(
        default=10.0,
        title="Distance threshold",
        description="Voxels from a skeleton within which vectors are trained.",
    )
    IS_SPARSE: bool = Field(
        default=False,
        title="Sparse labels",
        description="Whether unlabelled voxels may belong to objects.",
    )
    SPARSE_BACKGROUND_PENALTY_MULTIPLIER: NonNegative = Field(
        default=10,
        title="Background penalty",
        description="Weight of the voxels that are surely background.",
    )
    BACKGROUND_N_ERODE: NonNegative = Field(
        default=0.0,
        title="Background erosion",
        description="Voxels by which the sure background is eroded.",
    )
    BACKGROUND_SLICE_PERCENTAGE: Rate = Field(
        default=1.0,
        title="Background share",
        description="Share of the slices whose background is used.",
    )
