"""The section INFERENCE: how a trained network becomes instance labels."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from annotated_types import Ge
from pydantic import Field

from skoots.config.section import Count, Section, Size, Threshold

LEAST_PROBABILITY = 0.1
"""Vectors of voxels below this are stored as 0, so such voxels can join no object."""


FIXED = ("INVERT", "CORE", "HALO")
"""Settings that cannot change once the network has run; others can, without it."""


class InferenceConfig(Section):
    """Thresholds, the walk along the vectors, and the tiles.

    The defaults are the documented protocol of the published models; our models carry
    the values that they were validated with.
    """

    NAME: ClassVar[str] = "INFERENCE"

    INVERT: bool = Field(
        default=False,
        title="Exchange light and dark",
        description="Show the network the negative of the image: for one in which dark "
        "is light against those that the model learned from. Fixed for a run.",
    )
    PROBABILITY_THRESHOLD: Annotated[Threshold, Ge(LEAST_PROBABILITY)] = Field(
        default=0.5,
        title="Foreground above",
        description="A voxel is foreground when its probability is above this; at "
        "least 0.1, below which no vectors are stored.",
    )
    SKELETON_THRESHOLD: Threshold = Field(
        default=0.8,
        title="Skeleton above",
        description="A voxel is skeleton when the skeleton channel is above this.",
    )
    SKELETON_DILATIONS_3D: Count = Field(
        default=1,
        title="Dilations in 3D",
        description="How often the skeleton is dilated by one voxel along Z, Y, X.",
    )
    SKELETON_DILATIONS_2D: Count = Field(
        default=3,
        title="Dilations in the plane",
        description="How often the skeleton is dilated by one voxel along Y and X.",
    )
    CONTRACT: Count = Field(
        default=0,
        title="Contract skeletons",
        description="How many vectors skeleton voxels follow before those that touch "
        "become one: parts objects that touch. 0: none, as published.",
    )
    HOPS: Size = Field(
        default=2,
        title="Hops",
        description="How many vectors a voxel follows at most.",
    )
    FIRST_HIT: bool = Field(
        default=False,
        title="Stop at the first skeleton",
        description="Take the first skeleton on the way, not the one after all hops.",
    )
    GROW: Count = Field(
        default=0,
        title="Grow",
        description="Voxels that labels grow at most into unassigned foreground.",
    )
    MIN_SKELETON_VOXELS: Size = Field(
        default=1,
        title="Smallest skeleton",
        description="Skeletons of fewer voxels are dropped.",
    )
    MIN_OBJECT_VOXELS: Size = Field(
        default=1,
        title="Smallest object",
        description="Objects of fewer voxels are dropped.",
    )
    CONNECTIVITY: Literal[6, 18, 26] = Field(
        default=6,
        title="Connectivity",
        description="Skeleton voxels touch by faces (6), edges (18) or corners (26).",
    )
    CORE: tuple[Size, Size, Size] | None = Field(
        default=None,
        title="Tile core",
        description="Voxels along Z, Y, X that a tile keeps; none: chosen by memory.",
    )
    HALO: tuple[Count, Count, Count] | None = Field(
        default=None,
        title="Halo",
        description="Voxels along Z, Y, X read around a tile; none: the model's.",
    )
