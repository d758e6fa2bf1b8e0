"""Where the boxes of an example are seen: in the plane that is shown, at any zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.controllers.teaching.box_geometry import (
    box_of,
    is_flat,
    is_upright,
    rectangle_of,
)
from napari_skoots.controllers.teaching.later import Later
from napari_skoots.controllers.teaching.placing import lie_on, plane_of, z_displayed
from napari_skoots.layers.camera import camera_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.components import ViewerModel

    from napari_skoots.controllers.teaching.boxes_layer import BoxesLayer
    from skoots._types import Shape3
    from skoots.train.data.taught_boxes import TaughtBox

_DIMS = ("current_step", "ndisplay", "order")
_ZOOM_MS = 150
_PIXELS = 3.0
"""Width of an edge on the screen."""


class BoxesInView:
    """Lets the rectangles come along as the user goes through an image.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layer.
    shapes : BoxesLayer
        The rectangles.
    extent : tuple of int
        Of the image along Z, Y, X.
    """

    def __init__(self, viewer: ViewerModel, shapes: BoxesLayer, extent: Shape3) -> None:
        self._viewer = viewer
        self._shapes = shapes
        self._extent = extent
        self._zoomed = Later(_ZOOM_MS, self._on_zoom)
        for event in _DIMS:
            getattr(viewer.dims.events, event).connect(self._follow)
        camera_of(viewer).events.zoom.connect(self._on_camera)

    @property
    def shown(self) -> bool:
        """Whether the layer is in the viewer."""
        return self._shapes.layer in self._viewer.layers

    def show(self) -> None:
        """Put the layer into the viewer; another one stays selected."""
        if self.shown:
            return
        layer, selection = self._shapes.layer, self._viewer.layers.selection
        active = selection.active
        self._viewer.add_layer(layer)
        selection.active = active or layer
        self._follow()
        self._on_zoom()

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        if self.shown:
            self._viewer.layers.remove(self._shapes.layer)

    def fill(self, boxes: Sequence[TaughtBox]) -> None:
        """Show boxes instead of what is there."""
        self._shapes.fill(boxes, self._plane)

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        lie_on(self._shapes.layer, geometry)
        self._zoomed.ask()

    def straighten(self) -> None:
        """Draw what is no upright rectangle as its box, for that is what counts.

        Corners outside of a line that was drawn would be learned as background unseen.
        """
        data, kinds = self._shapes.shapes, list(self._shapes.layer.shape_type)
        other = False
        for place, (first, last, _) in enumerate(self._shapes.rows):
            shape = data[place]
            upright = kinds[place] == "rectangle" and is_upright(shape)
            box = box_of(shape, (first, last), self._extent)
            if upright or not is_flat(shape) or box is None:
                continue
            data[place], kinds[place] = rectangle_of(box, shape[0, 0]), "rectangle"
            other = True
        if other:
            self._shapes.replace(data, kinds)

    def flatten(self) -> None:
        """Bring shapes that were drawn across planes into one, as rectangles."""
        data, kinds = self._shapes.shapes, list(self._shapes.layer.shape_type)
        if z_displayed(self._viewer) or all(map(is_flat, data)):
            return
        for place, (first, last, _) in enumerate(self._shapes.rows):
            box = box_of(data[place], (first, last), self._extent)
            if not is_flat(data[place]) and box is not None:
                plane = int(np.clip(self._plane, first, last))
                data[place], kinds[place] = rectangle_of(box, plane), "rectangle"
        self._shapes.replace(data, kinds)

    def put_within(self) -> None:
        """Bring rectangles to a plane that they have: the shown one, or the nearest."""
        if z_displayed(self._viewer):
            return
        data, plane = self._shapes.shapes, self._plane
        for shape, (first, last, _) in zip(data, self._shapes.rows, strict=True):
            shape[:, 0] = np.clip(plane, first, last)
        self._shapes.replace(data, list(self._shapes.layer.shape_type))

    def close(self) -> None:
        """Follow the viewer no more."""
        self._zoomed.forget()
        for event in _DIMS:
            getattr(self._viewer.dims.events, event).disconnect(self._follow)
        camera_of(self._viewer).events.zoom.disconnect(self._on_camera)

    @property
    def _plane(self) -> int:
        return plane_of(self._viewer, self._shapes.layer)

    def _follow(self) -> None:
        """Let the rectangles come along to the plane that is shown."""
        if not self.shown or z_displayed(self._viewer) or self._shapes.busy:
            return
        self.flatten()
        self._shapes.go_to(self._plane)

    def _on_camera(self) -> None:
        if self.shown:
            self._zoomed.ask()

    def _on_zoom(self) -> None:
        """Keep the edges as wide on the screen as they are."""
        scale = abs(float(self._shapes.layer.scale[-1]))
        pixels = camera_of(self._viewer).zoom * scale
        self._shapes.set_width(_PIXELS / max(pixels, 1e-9))
