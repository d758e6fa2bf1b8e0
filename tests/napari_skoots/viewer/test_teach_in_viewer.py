"""The whole loop in the real viewer: paint, train, compare, keep, segment again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from canvas_cases import canvas_of, mouse
from lesson_cases import ENDLESS, SHORT, School, rods_model
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton
from session_cases import idle, labels_of

from napari_skoots.state.teaching import SCRATCH
from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Open = Callable[..., tuple[Any, Any, Any]]

pytestmark = pytest.mark.viewer


def press(panel: Any, text: str) -> None:
    """Click at a button with the mouse, where it is seen."""
    (found,) = (
        each
        for each in panel.findChildren(QPushButton)
        if each.text() == text and each.isVisibleTo(panel)
    )
    assert found.isEnabled(), found.toolTip()
    found.click()


def paint(school: School, panel: Any) -> np.ndarray:
    """Paint two rods as they are, and the third with the brush; draw two boxes."""
    labels = school.open_image()
    school.viewer.reset_view()
    school.qtbot.wait(100)
    press(panel, "New teaching layer")
    school.until(lambda: school.exercise.layer is not None)
    layer = school.layer
    layer.data[:] = np.where(labels == 9, 0, labels)
    layer.selected_label, layer.brush_size, layer.n_edit_dimensions = 500, 6, 3
    layer.mode = "paint"
    school.viewer.layers.selection.active = layer
    school.viewer.dims.set_current_step(0, 17)
    mouse(school, (17, 48, 8), (17, 48, 20), (17, 48, 32))
    for corner, other in (((4, 3), (41, 61)), ((43, 3), (60, 61))):
        press(panel, "Draw a box")
        mouse(school, (17, *corner), (17, 30, 30), (17, *other))
        school.qtbot.wait(50)
        school.exercise.flush()
        school.exercise.set_planes(0, 23)
    school.counted()
    view = school.exercise.view
    assert (view.objects, view.boxes) == (3, 2), view.problem
    assert view.held_out
    return np.asarray(layer.data).copy()


def shown(school: School) -> list[str]:
    names = ("before teaching", "after teaching")
    layers = school.viewer.layers
    return [layer.name for layer in layers if layer.name in names and layer.visible]


def test_the_whole_loop(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path
) -> None:
    rods_model(models_folder)
    viewer, panel, session = open_viewer(show=True)
    school = School(qtbot, session, tmp_path, None)
    panel.tabs.setCurrentWidget(panel.teach)
    painted = paint(school, panel)

    school.lesson.set_seconds(ENDLESS)
    school.lesson.choose_base(SCRATCH)  # better than nothing, whatever it learns
    press(panel, "Train")
    school.listen()
    school.until_step()
    press(panel, "Stop and keep the best")
    school.until_over()
    assert school.comparing.view is not None, school.message

    assert shown(school) == ["after teaching"]
    viewer.layers.selection.active = session.images.layer
    qtbot.keyClick(canvas_of(school).native, Qt.Key.Key_B)
    assert shown(school) == [], "nothing was before"
    qtbot.keyClick(canvas_of(school).native, Qt.Key.Key_B)
    assert shown(school) == ["after teaching"]
    assert school.comparing.view.improved

    press(panel, "Keep")
    qtbot.waitUntil(lambda: session.models.current == "rods", timeout=30_000)
    school.until(lambda: session.models.pace is not None)
    idle(qtbot)
    assert (school.project.models / "rods.skoots").is_file()
    session.wishes.set(where=Where.WHOLE)
    press(panel, "Segment again")
    school.until(lambda: session.segmenting.current is not None)
    school.until_over()
    found = labels_of(session.segmenting.current.path)
    for number in (7, 300, 500):
        mine = painted == number
        (label,) = np.unique(found[mine])
        np.testing.assert_array_equal(found == label, mine)
    assert school.told == []


def test_in_the_dock_of_its_own(
    qtbot: QtBot, open_viewer: Open, tmp_path: Path, models_folder: Path
) -> None:
    """Closed while it trains, and opened again: it goes on and shows the same."""
    rods_model(models_folder)
    viewer, _, session = open_viewer(show=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-skoots", "Train on labels")
    school = School(qtbot, session, tmp_path, None)
    paint(school, panel)
    school.lesson.set_seconds(SHORT)
    press(panel, "Train")
    school.listen()
    viewer.window.remove_dock_widget(panel)
    qtbot.wait(50)
    school.until_over()
    assert school.steps == list(range(1, 11))
    assert school.comparing.view is not None, school.message
    _, panel = viewer.window.add_plugin_dock_widget("napari-skoots", "Train on labels")
    press(panel, "Before")
    assert shown(school) == ["before teaching"]
    press(panel, "Discard")
    assert school.comparing.view is None
    assert not list(school.project.trainings.glob("*"))
