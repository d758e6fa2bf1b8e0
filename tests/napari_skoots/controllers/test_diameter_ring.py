"""A ring of the chosen diameter stays in the middle of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel
from napari.layers import Shapes

from napari_skoots.controllers.diameter_ring import FOLLOW_MS, DiameterRing
from napari_skoots.layers.camera import camera_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Image
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session

SCALE = (0.05, 0.02, 0.02)


@pytest.fixture
def viewer(qapp: Any) -> ViewerModel:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((4, 100, 100)), scale=SCALE, units=("um",) * 3)
    return viewer


def image_of(viewer: ViewerModel) -> Image:
    return viewer.layers[0]


def extent_of(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Give the middle and the extent of what is drawn, in the world."""
    corners = np.array([layer.data_to_world(p) for p in layer.data[0]])
    return corners.mean(axis=0), np.ptp(corners, axis=0)


def ring_of(viewer: ViewerModel) -> Shapes:
    layer = viewer.layers[-1]
    assert isinstance(layer, Shapes)
    return layer


def test_it_is_as_wide_as_was_said_and_in_the_middle(viewer: ViewerModel) -> None:
    ring = DiameterRing(viewer)
    camera_of(viewer).center = (0, 0.7, 1.1)
    ring.show(image_of(viewer), 30)
    middle, extent = extent_of(ring_of(viewer))
    np.testing.assert_allclose(middle[-2:], (0.7, 1.1))
    np.testing.assert_allclose(extent[-2:], 30 * 0.02)
    assert [str(u) for u in ring_of(viewer).units] == ["micrometer"] * 2


def test_it_follows_the_view_and_another_diameter(
    qtbot: QtBot, viewer: ViewerModel
) -> None:
    ring = DiameterRing(viewer)
    ring.show(image_of(viewer), 30)
    ring.show(image_of(viewer), 10)
    camera_of(viewer).center = (0, 0.2, 0.3)
    qtbot.wait(3 * FOLLOW_MS)
    middle, extent = extent_of(ring_of(viewer))
    np.testing.assert_allclose(middle[-2:], (0.2, 0.3))
    np.testing.assert_allclose(extent[-2:], 10 * 0.02)


def test_it_is_held_against_the_image_that_is_chosen_as_that_is_scaled(
    session: Session,
) -> None:
    viewer = session.viewer
    first = viewer.add_image(np.zeros((4, 50, 50)), name="first")
    session.wishes.set(diameter=10.0)
    session.sizing.show_ring(True)
    ring = ring_of(viewer)
    np.testing.assert_allclose(extent_of(ring)[1][-2:], 10)
    session.images.set_voxel_size(SCALE)
    session.images.apply_voxel_size()
    np.testing.assert_allclose(extent_of(ring)[1][-2:], 10 * 0.02)
    assert [str(unit) for unit in ring.units] == ["micrometer"] * 2
    nm = {"scale": (50, 10, 10), "units": ("nm",) * 3}
    second = viewer.add_image(np.zeros((4, 50, 50)), name="second", **nm)
    session.images.choose(str(second.unique_id))
    np.testing.assert_allclose(extent_of(ring)[1][-2:], 100)
    assert [str(unit) for unit in ring.units] == ["nanometer"] * 2
    viewer.layers.remove(first)
    assert session.sizing.ring.shown
    viewer.layers.remove(second)
    assert not session.sizing.ring.shown


def test_its_line_is_as_wide_on_the_screen_at_any_zoom(
    qtbot: QtBot, viewer: ViewerModel
) -> None:
    ring = DiameterRing(viewer)
    ring.show(image_of(viewer), 30)
    pixels = []
    for zoom in (200, 2000):
        camera_of(viewer).zoom = zoom
        qtbot.wait(3 * FOLLOW_MS)
        layer = ring_of(viewer)
        pixels.append(layer.edge_width[0] * layer.scale[-1] * zoom)
    assert pixels[0] == pytest.approx(pixels[1])


def test_it_goes_without_a_trace(viewer: ViewerModel) -> None:
    before = list(viewer.layers), viewer.layers.selection.active
    ring = DiameterRing(viewer)
    heard: list[bool] = []
    ring.changed.connect(heard.append)
    ring.show(image_of(viewer), 30)
    assert viewer.layers.selection.active is before[1]
    ring.hide()
    assert (list(viewer.layers), viewer.layers.selection.active) == before
    assert heard == [True, False]
    camera_of(viewer).center = (0, 1, 1)
    assert not ring.shown


def test_the_user_may_remove_it(viewer: ViewerModel) -> None:
    ring = DiameterRing(viewer)
    heard: list[bool] = []
    ring.changed.connect(heard.append)
    ring.show(image_of(viewer), 30)
    viewer.layers.remove(ring_of(viewer))
    assert not ring.shown
    assert heard == [True, False]
    ring.show(image_of(viewer), 20)
    assert ring.shown


def test_it_is_a_thing_of_the_plane(viewer: ViewerModel) -> None:
    ring = DiameterRing(viewer)
    ring.show(image_of(viewer), 30)
    viewer.dims.ndisplay = 3
    assert not ring_of(viewer).visible
    viewer.dims.ndisplay = 2
    assert ring_of(viewer).visible
    viewer.dims.order = (1, 0, 2)
    assert not ring_of(viewer).visible


def test_in_a_window_it_stays_while_the_view_moves(
    qtbot: QtBot, make_napari_viewer: Callable[..., Any]
) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((4, 100, 100)), scale=SCALE, units=("um",) * 3)
    ring = DiameterRing(viewer)
    ring.show(viewer.layers[0], 30)
    for step in range(5):
        camera_of(viewer).center = (0, step / 5, 1)
        camera_of(viewer).zoom *= 1.1
        qtbot.wait(5)
    qtbot.wait(3 * FOLLOW_MS)
    middle, _ = extent_of(viewer.layers[-1])
    np.testing.assert_allclose(middle[-2:], camera_of(viewer).center[-2:])
    ring.hide()
