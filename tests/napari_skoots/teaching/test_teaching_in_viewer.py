"""With the real viewer: the brush, the keys, the mouse and what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from canvas_cases import canvas_of, mouse
from exercise_cases import TIMEOUT, Taught

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.viewer


@pytest.fixture
def taught(
    qtbot: QtBot,
    qapp: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_napari_viewer: Callable[..., Any],
) -> Iterator[Taught]:
    """An exercise in a window."""
    if qapp.platformName() in ("offscreen", "minimal"):
        pytest.skip("napari draws with OpenGL: run under xvfb-run")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = Taught(qtbot, tmp_path, make_napari_viewer(show=True))
    made.open_image()
    made.new_layer()
    made.viewer.reset_view()
    qtbot.wait(100)
    yield made
    made.close()


def test_the_brush_paints_and_undo_takes_it_back(taught: Taught) -> None:
    layer = taught.exercise.layer
    layer.brush_size = 5
    plane = taught.plane
    mouse(taught, (plane, 20, 20), (plane, 20, 40))
    assert taught.exercise.example.labels[plane, 20, 30] == 1, "on disk"
    assert taught.counted().objects == 1
    layer.undo()
    assert not np.asarray(layer.data[plane]).any()
    assert taught.counted().objects == 0


def test_m_gives_another_id(taught: Taught) -> None:
    from qtpy.QtCore import Qt  # noqa: PLC0415 - needs a binding

    layer, plane = taught.exercise.layer, taught.plane
    mouse(taught, (plane, 20, 20), (plane, 20, 40))
    native = canvas_of(taught).native
    taught.qtbot.keyClick(native, Qt.Key.Key_M)
    assert layer.selected_label == 2
    mouse(taught, (plane, 40, 20), (plane, 40, 40))
    assert taught.counted().objects == 2


def test_a_box_is_drawn_with_the_mouse_and_comes_along(taught: Taught) -> None:
    taught.exercise.draw_box()
    plane = taught.plane
    mouse(taught, (plane, 10, 10), (plane, 20, 20), (plane, 40, 50))
    taught.qtbot.wait(20)
    taught.exercise.flush()
    (box,) = taught.exercise.example.boxes
    np.testing.assert_allclose(box.start_zyx[1:], (10, 10), atol=1)
    np.testing.assert_allclose(box.stop_zyx[1:], (41, 51), atol=1)
    taught.go_to(plane + 3)
    assert float(taught.boxes.data[0][0, 0]) == plane + 3
    view = taught.exercise.view.box
    assert (view.first, view.last) == (plane - 8, plane + 8)


def test_a_click_accepts_an_object(taught: Taught) -> None:
    found = np.zeros(taught.exercise.layer.data.shape, np.uint8)
    found[6:18, 20:40, 20:40] = 7
    image = taught.images.layer
    taught.viewer.add_labels(found, scale=image.scale, units=image.units)
    taught.exercise.set_accepting(True)
    plane = taught.plane
    mouse(taught, (plane, 30, 30))
    layer = taught.exercise.layer
    taught.qtbot.waitUntil(lambda: layer.data[plane, 30, 30] > 0, timeout=TIMEOUT)
    taught.counted()
    np.testing.assert_array_equal(np.asarray(layer.data) > 0, found > 0)
