"""The camera of a viewer, by the name that its version of napari has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.components import Camera, ViewerModel


def camera_of(viewer: ViewerModel) -> Camera:
    """Give the camera; from 0.9 on, napari warns of the name that 0.8 knows."""
    scene = getattr(viewer, "scene", None)
    return viewer.camera if scene is None else scene.camera
