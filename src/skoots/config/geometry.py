"""The section SKOOTS: the lengths that vectors and skeletons are measured in."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from skoots.config.section import Section, Triple


class SkootsConfig(Section):
    """Scale of the vectors, along X, Y, Z as published."""

    NAME: ClassVar[str] = "SKOOTS"

    VECTOR_SCALING: Triple = Field(
        default=(60, 60, 12),
        title="Vector scaling",
        description="Voxels along X, Y, Z that a vector of length one spans.",
    )
    ANISOTROPY: Triple = Field(
        default=(1.0, 1.0, 3.0),
        title="Anisotropy",
        description="Edge lengths of a voxel along X, Y, Z, relative to each other.",
    )
    NOTES: str = Field(
        default="", title="Notes", description="Anything worth keeping with the model."
    )
