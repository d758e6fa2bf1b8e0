"""What the user wants of the grid and the tiles of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots._types import Shape3


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of the geometry; None is a free choice."""

    tile_zyx: Shape3 | None = None
    halo_zyx: Shape3 | None = None
    resample: bool | None = None
    """None where the model decides (`skoots.run.scale.compare`)."""

    diameter: float | None = None
