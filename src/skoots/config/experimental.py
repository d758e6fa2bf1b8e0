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
        description="With IS_SPARSE: voxels from its skeleton within which a vector "
        "is trained.",
    )
    IS_SPARSE: bool = Field(
        default=False,
        title="Sparse labels",
        description="Whether DIST_THR and SPARSE_BACKGROUND_PENALTY_MULTIPLIER count; "
        "unknown voxels teach nothing in any case.",
    )
    SPARSE_BACKGROUND_PENALTY_MULTIPLIER: NonNegative = Field(
        default=10,
        title="Background penalty",
        description="With IS_SPARSE: weight of the voxels that are surely "
        "background, against 1 of the objects.",
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
