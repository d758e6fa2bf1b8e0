"""What a model file holds, whatever its form."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from torch import Tensor

from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots._types import Shape3, VoxelSize
    from skoots.config import Settings

State: TypeAlias = dict[str, Tensor]
"""Weights by their names."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """How intensities become the numbers that a network was trained on.

    Raises
    ------
    CheckpointError
        If the numbers are not finite or `std` is not above zero.
    """

    kind: Literal["volume", "fixed", "divide"]
    """``volume``: ``(x - mean) / std`` with the volume's own mean and deviation;
    ``fixed``: with the two below; ``divide``: uint16 by 65536, all else by 256."""

    mean: float = 0.0
    """Mean intensity, for ``fixed``."""

    std: float = 1.0
    """Standard deviation of the intensity, for ``fixed``."""

    def __post_init__(self) -> None:
        """Refuse numbers that nothing can be divided by."""
        if self.kind not in {"volume", "fixed", "divide"}:
            raise CheckpointError(
                f"A normalisation {self.kind!r} is not known. "
                "Known are volume, fixed and divide."
            )
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise CheckpointError(
                f"A normalisation with mean {self.mean} and deviation {self.std} gives "
                "no numbers. The deviation must be above zero, both finite."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """Data of a model file, checked and cleaned, before a network is made of it."""

    config: Settings
    state: State
    normalization: Normalization
    published: bool
    halo_zyx: Shape3 | None = None
    voxel_size: VoxelSize | None = None
    object_diameter: float | None = None
    provenance: Mapping[str, object] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
