"""Closest skeleton point of each labelled voxel: the baked skeleton."""

from __future__ import annotations

from skoots.kernels.nearest_point.op import nearest_point
from skoots.kernels.nearest_point.pack import PackedPoints, pack_points

__all__ = ["PackedPoints", "nearest_point", "pack_points"]
