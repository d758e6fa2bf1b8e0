"""Between napari's layers and the engine: the only place that knows both.

`layers.opening` is imported where files are opened: it brings zarr and tifffile, and a
panel without an image needs neither.
"""

from __future__ import annotations

from napari_skoots.layers.camera import camera_of
from napari_skoots.layers.geometry import (
    geometry_of,
    last_axes,
    layer_geometry,
    lies_last,
    same_geometry,
    shifted,
    voxel_size_of,
)
from napari_skoots.layers.offset import has_lengths, is_unmoved, voxel_offset
from napari_skoots.layers.source import axes_fit, axes_of, level0, source_of
from napari_skoots.layers.view import (
    box_region,
    point_under_cursor,
    view_centre,
    view_region,
)

__all__ = [
    "axes_fit",
    "axes_of",
    "box_region",
    "camera_of",
    "geometry_of",
    "has_lengths",
    "is_unmoved",
    "last_axes",
    "layer_geometry",
    "level0",
    "lies_last",
    "point_under_cursor",
    "same_geometry",
    "shifted",
    "source_of",
    "view_centre",
    "view_region",
    "voxel_offset",
    "voxel_size_of",
]
