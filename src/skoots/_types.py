"""Names for the shapes that every module speaks of."""

from __future__ import annotations

from typing import TypeAlias

Shape3: TypeAlias = tuple[int, int, int]
"""Three extents in voxels; the name of the variable says which axes (``shape_zyx``)."""

VoxelSize: TypeAlias = tuple[float, float, float]
"""Edge lengths of a voxel along Z, Y, X, in micrometres."""
