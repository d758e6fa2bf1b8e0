"""What the user wants of the skeletons of a Labels layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import VoxelSize


@dataclass(frozen=True, slots=True)
class BakeWish:
    """One press of the button."""

    layer: str
    """Unique id of the Labels layer."""

    voxel_size: VoxelSize
    """Edge lengths along Z, Y, X; micrometres, where anybody knows."""

    arrows: bool
    distance: bool
    save: Path | None
    """Where the skeletons go for training; None: nowhere."""
