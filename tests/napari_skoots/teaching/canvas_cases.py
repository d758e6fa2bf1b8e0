"""The mouse on napari's canvas, at voxels of the teaching layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from napari_skoots.controllers.teaching.exercise import Exercise


class Desk(Protocol):
    """A viewer with a window, and what is painted in it."""

    viewer: Any
    qtbot: Any

    @property
    def exercise(self) -> Exercise: ...


def canvas_of(desk: Desk) -> Any:
    return desk.viewer.window._qt_viewer.canvas


def place_of(desk: Desk, voxel: Any) -> tuple[int, int]:
    """Give where a voxel (Z, Y, X) of the image is on the canvas, in pixels."""
    canvas = canvas_of(desk)
    corners = [(0, 0), (100, 0), (0, 100)]
    at = [canvas._map_canvas2world(corner, canvas.view) for corner in corners]
    first, *others = np.array(at)[:, -2:]
    ways = (np.array(others) - first).T / 100
    layer = desk.exercise.layer
    assert layer is not None
    wanted = np.array(layer.data_to_world(voxel))[-2:]
    x, y = np.linalg.solve(ways, wanted - first)
    return round(x), round(y)


def mouse(desk: Desk, *voxels: Any) -> None:
    """Press at the first voxel, move along the others and release."""
    backend = canvas_of(desk)._scene_canvas._backend  # as Qt's events come in
    places = [place_of(desk, voxel) for voxel in voxels]
    backend._vispy_mouse_move(pos=places[0], modifiers=())
    backend._vispy_mouse_press(pos=places[0], button=1, modifiers=())
    for place in places[1:]:
        desk.qtbot.wait(20)  # vispy drops what comes sooner
        backend._vispy_mouse_move(pos=place, modifiers=())
    desk.qtbot.wait(20)
    backend._vispy_mouse_release(pos=places[-1], button=1, modifiers=())
