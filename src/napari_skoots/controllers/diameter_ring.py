"""A ring of a chosen diameter in the middle of the canvas, to hold against objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.layers.camera import camera_of
from napari_skoots.layers.source import FACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer, Shapes

FOLLOW_MS = 40
"""The ring follows the view so long after it moved."""

_PIXELS = 2.0
"""Width of the line on the screen."""

_UNIT = 100.0
"""Diameter of the ring in its own layer, which is scaled to what is wanted."""

_CORNERS = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)]) * _UNIT / 2


class DiameterRing:
    """A circle that stays in the middle of the view while that moves and zooms.

    It is a layer of one ellipse whose scale is the diameter and whose place is the
    middle of the view, so nothing is drawn anew when the view moves.

    Parameters
    ----------
    viewer : ViewerModel
        On whose canvas it is.
    """

    changed = Signal(bool)
    """Whether it is shown, whoever changed that."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: Shapes | None = None
        self._edge = 1.0
        self._diameter = 1.0
        self._camera = camera_of(viewer)
        # napari takes 25 ms to move a layer, and the camera moves at each pixel
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self._follow)
        self._camera.events.center.connect(self._on_camera)
        self._camera.events.zoom.connect(self._on_camera)
        viewer.dims.events.ndisplay.connect(self._on_dims)
        viewer.dims.events.order.connect(self._on_dims)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def shown(self) -> bool:
        """Whether it is on the canvas."""
        return self._layer is not None

    def show(self, image: Layer, diameter: float, across: int = -1) -> None:
        """Show a ring, or hold the one that is shown against another image.

        Parameters
        ----------
        image : napari.layers.Layer
            Against whose objects it is held.
        diameter : float
            In voxels of the plane of that layer.
        across : int
            Axis of that layer along which its voxels are as wide as in the plane.
        """
        self._edge = float(image.scale[across])
        self._diameter = diameter
        units = (image.units[across],) * 2
        if self._layer is not None:
            if tuple(self._layer.units) != units:
                self._layer.units = units
        else:
            self._layer = self._make_layer(units)
            active = self._viewer.layers.selection.active
            self._viewer.add_layer(self._layer)
            self._viewer.layers.selection.active = active
            self.changed.emit(True)
        self._fit()

    def hide(self) -> None:
        """Remove it from the canvas."""
        layer, self._layer = self._layer, None
        if layer is None:
            return
        if layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self.changed.emit(False)

    def _make_layer(self, units: Sequence[Any]) -> Shapes:
        from napari.layers import Shapes  # noqa: PLC0415 - napari loads layers late

        layer = Shapes(
            [_CORNERS],
            shape_type="ellipse",
            face_color="transparent",
            edge_color="yellow",
            name="Object diameter",
            units=units,
            metadata={FACTS: {"overlay": True}},
        )
        layer.editable = False
        return layer

    def _fit(self) -> None:
        if self._layer is None:
            return
        scale = (self._diameter * self._edge / _UNIT,) * 2
        if tuple(self._layer.scale) != scale:  # else napari moves it for nothing
            self._layer.scale = scale
        self._follow()
        self._on_dims()

    def _on_camera(self) -> None:
        if self._layer is not None and not self._timer.isActive():
            self._timer.start()

    def _follow(self) -> None:
        """Go to the middle of the view, with a line as wide on the screen as before."""
        if self._layer is None:
            return
        self._layer.translate = self._camera.center[-2:]
        pixels = self._camera.zoom * self._diameter * self._edge  # across
        width = min(_UNIT / 8, _PIXELS * _UNIT / max(pixels, 1e-9))
        if not np.allclose(self._layer.edge_width, width):  # else it is drawn anew
            self._layer.edge_width = [width]

    def _on_dims(self) -> None:
        """Show it where rows and columns are shown, as it is a thing of the plane."""
        if self._layer is not None:
            dims = self._viewer.dims
            plane = tuple(range(dims.ndim))[-2:]
            self._layer.visible = tuple(dims.displayed) == plane

    def _on_removed(self) -> None:
        if self._layer is not None and self._layer not in self._viewer.layers:
            self._layer = None
            self.changed.emit(False)
