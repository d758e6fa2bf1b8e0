"""Where the layers of an example lie, and which plane of them is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel

_GEOMETRY = ("units", "scale", "translate", "rotate", "shear", "affine")


def lie_on(layer: Any, geometry: Mapping[str, Any]) -> None:
    """Put a layer on an image again, whose scale or place was changed."""
    for name in _GEOMETRY:
        if name in geometry:
            setattr(layer, name, geometry[name])


def z_displayed(viewer: ViewerModel) -> bool:
    """Whether Z is no slider."""
    return viewer.dims.ndim - 3 in viewer.dims.displayed


def plane_of(viewer: ViewerModel, layer: Any) -> int:
    """Give the plane of a layer that is shown."""
    point = viewer.dims.point[-3:]
    if len(point) < 3:
        return 0
    return round(float(layer.world_to_data(point)[0]))
