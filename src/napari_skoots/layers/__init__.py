"""Between napari's layers and the engine: the only place that knows both."""

from __future__ import annotations

from napari_skoots.layers.geometry import (
    geometry_of,
    layer_geometry,
    shifted,
    voxel_size_of,
)
from napari_skoots.layers.opening import LayerData, open_layers, volume_layer
from napari_skoots.layers.source import axes_of, level0, source_of
from napari_skoots.layers.view import (
    box_region,
    point_under_cursor,
    view_centre,
    view_region,
)

__all__ = [
    "LayerData",
    "axes_of",
    "box_region",
    "geometry_of",
    "layer_geometry",
    "level0",
    "open_layers",
    "point_under_cursor",
    "shifted",
    "source_of",
    "view_centre",
    "view_region",
    "volume_layer",
    "voxel_size_of",
]
