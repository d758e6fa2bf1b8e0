"""What teaches is shown in the Teach tab, and does what the user asks for there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image
from napari.utils.key_bindings import KeymapHandler
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton
from teach_fakes import FakeComparing, FakeTeaching

from napari_skoots.controllers.binding import Binding
from napari_skoots.controllers.keys import CompareKey
from napari_skoots.controllers.teach_docked import TeachDocked
from napari_skoots.state.teaching import (
    ComparisonView,
    ExampleView,
    LessonView,
    ScoreView,
    Side,
    WishView,
)
from napari_skoots.widgets.panel import SkootsPanel
from napari_skoots.widgets.teach_panel import TeachPanel
from skoots.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.teach_tab import TeachTab

PAINTED = ExampleView("cells", "/data/cells.skoots-project", 1, "cells", "teaching")
SCORE = ScoreView(0.5, 1, 2, 3)
COMPARISON = ComparisonView(SCORE, SCORE, True, Side.AFTER, "mine")


@pytest.fixture
def teaching(session: Session) -> Iterator[FakeTeaching]:
    """What the tab asks for, written down; the real part is tested where it lies."""
    real, made = session.teaching, FakeTeaching()
    session.teaching = made  # type: ignore[assignment]
    yield made
    session.teaching = real


@pytest.fixture(params=["panel", "dock"])
def panel(
    request: pytest.FixtureRequest, qtbot: QtBot, session: Session, teaching: Any
) -> Iterator[Any]:
    """The panel, and the dock of its own: both do the same."""
    made: Any
    if request.param == "panel":
        made = SkootsPanel()
        made.tabs.setCurrentWidget(made.teach)
        Binding(made, session)
    else:
        made = TeachPanel()
        TeachDocked(made, session)
    qtbot.addWidget(made)
    made.resize(320, 900)
    made.show()
    return made


@pytest.fixture
def tab(panel: Any) -> TeachTab:
    found: TeachTab = panel.teach
    return found


def texts(widget: Any) -> list[str]:
    labels = widget.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible()]


def buttons(widget: Any) -> dict[str, QPushButton]:
    found = widget.findChildren(QPushButton)
    return {each.text(): each for each in found if each.isVisible()}


ASKED = {
    "a layer": ("source", "layer_requested", (), ("new_layer",)),
    "a copy": ("source", "copy_requested", ("k", True), ("copy_layer", "k", True)),
    "everything": ("source", "everything_toggled", (True,), ("set_everything", True)),
    "skeletons": ("source", "skeletons_toggled", (True,), ("set_skeletons", True)),
    "a box": ("objects", "box_requested", (), ("draw_box",)),
    "accepting": ("objects", "accepting_toggled", (True,), ("set_accepting", True)),
    "planes": ("objects", "planes_changed", (3, 9), ("set_planes", 3, 9)),
    "held out": ("objects", "held_out_toggled", (True,), ("set_held_out", True)),
    "a model": ("how", "base_chosen", ("",), ("choose_base", "")),
    "a time": ("how", "seconds_chosen", (300.0,), ("set_seconds", 300.0)),
    "a size": ("how", "diameter_changed", (None,), ("set_diameter", None)),
    "the sample": ("how", "rehearse_toggled", (False,), ("set_rehearse", False)),
    "training": ("action", "train_requested", (), ("train",)),
    "its end": ("action", "finish_requested", (), ("finish",)),
    "a side": ("comparison", "side_chosen", ("before",), ("show", Side.BEFORE)),
    "a name": ("comparison", "keep_requested", ("mine",), ("keep", "mine")),
    "no model": ("comparison", "discard_requested", (), ("discard",)),
    "labels": ("comparison", "segment_again_requested", (), ("segment_again",)),
}


@pytest.mark.parametrize("wish", ASKED)
def test_what_the_user_asks_for_is_done(
    tab: TeachTab, teaching: FakeTeaching, wish: str
) -> None:
    section, signal, values, expected = ASKED[wish]
    getattr(getattr(tab, section), signal).emit(*values)
    assert teaching.diary == [expected]


def test_what_cannot_be_done_is_told_once(
    panel: Any, session: Session, teaching: FakeTeaching
) -> None:
    told: list[Exception] = []
    session.told.connect(told.append)
    teaching.lesson.refuses = TrainingError("The disk is full. Free some room.")
    panel.teach.action.train_requested.emit()
    assert [str(error) for error in told] == ["The disk is full. Free some room."]
    assert "The disk is full. Free some room." in texts(panel.footer)


def test_longer_is_the_next_time_and_a_new_training(
    tab: TeachTab, teaching: FakeTeaching
) -> None:
    teaching.comparing.show_view(view=replace(COMPARISON, improved=False))
    buttons(tab)["Train longer"].click()
    assert teaching.diary == [("discard",), ("set_seconds", 300.0), ("train",)]


def test_views_are_shown_as_they_come(tab: TeachTab, teaching: FakeTeaching) -> None:
    teaching.exercise.show_view(view=replace(PAINTED, objects=7, boxes=2))
    assert "7 objects · 2 boxes" in texts(tab.objects)
    teaching.lesson.show_view(view=LessonView(True, "", 43.0, 60.0, 12))
    assert "0:43 of 1:00, 12 steps" in texts(tab.lesson)
    assert "Stop and keep the best" in buttons(tab)
    teaching.lesson.show_view(view=LessonView(True, finishing=True))
    assert not buttons(tab)["Stop and keep the best"].isEnabled()
    teaching.lesson.show_view(view=LessonView(False))
    teaching.comparing.show_view(view=COMPARISON)
    assert {"Keep", "Discard"} <= set(buttons(tab))
    teaching.comparing.show_view(view=None)
    assert "Keep" not in buttons(tab)
    assert "Train" in buttons(tab)


def test_a_closed_tab_listens_no_more(
    panel: Any, session: Session, teaching: FakeTeaching
) -> None:
    assert len(teaching.lesson.changed) == 1
    binding = next(c for c in panel.children() if isinstance(c, Binding | TeachDocked))
    binding.release()
    assert len(teaching.lesson.changed) == 0
    assert len(teaching.exercise.changed) == 0
    assert len(teaching.comparing.changed) == 0


def test_curves_come_into_view_when_there_is_news(
    panel: Any, tab: TeachTab, teaching: FakeTeaching, qtbot: QtBot
) -> None:
    panel.resize(320, 560)
    bar = tab.area.verticalScrollBar()
    assert bar is not None
    teaching.exercise.show_view(view=replace(PAINTED, advice=("Mind this.",) * 20))

    def in_view() -> bool:
        part, viewport = tab.lesson, tab.area.viewport()
        top = part.mapTo(viewport, QPoint(0, 0)).y()
        return top >= 0 and top + part.height() <= viewport.height()

    def news(**fields: Any) -> None:
        bar.setValue(0)
        teaching.lesson.show_view(**fields)
        qtbot.waitUntil(in_view, timeout=2000)
        qtbot.waitUntil(lambda: not tab._settling.isActive(), timeout=2000)

    running = LessonView(True, "", 1.0, 60.0)
    news(view=running)
    bar.setValue(0)
    teaching.lesson.show_view(view=replace(running, step=2))
    qtbot.wait(50)
    assert bar.value() == 0  # who has scrolled away is left alone
    news(view=replace(running, alarm="Much belongs to no object."))
    teaching.lesson.show_view(view=LessonView(False))
    bar.setValue(0)
    teaching.comparing.show_view(view=COMPARISON)
    qtbot.waitUntil(in_view, timeout=2000)


def test_the_next_step_is_said_once(tab: TeachTab, teaching: FakeTeaching) -> None:
    missing = "There is no box. Draw one."
    teaching.lesson.wish = WishView("m", 60.0, blocked=missing)
    teaching.exercise.show_view(view=replace(PAINTED, problem=missing))
    assert texts(tab).count(missing) == 1
    assert not buttons(tab)["Train"].isEnabled()
    assert missing in buttons(tab)["Train"].toolTip()
    teaching.lesson.show_view(wish=WishView("m", 60.0, blocked="No model is loaded."))
    assert "No model is loaded." in texts(tab.action)
    teaching.exercise.show_view(view=ExampleView(image="cells", problem=missing))
    assert missing not in texts(tab)
    assert any("teaching layer" in text for text in texts(tab.action))


def test_an_interrupted_training_is_offered_until_declined(
    tab: TeachTab, teaching: FakeTeaching
) -> None:
    teaching.lesson.show_view(resume_offer="Go on after 0:32?")
    assert "Go on after 0:32?" in texts(tab.question)
    buttons(tab)["Not now"].click()
    assert teaching.diary == []
    teaching.lesson.changed.emit()
    assert not tab.question.isVisible()
    assert "Train" in buttons(tab)
    teaching.lesson.show_view(resume_offer="Go on after 0:50?")
    teaching.lesson.show_view(view=LessonView(running=True))
    assert not tab.question.isVisible()
    teaching.lesson.show_view(view=None)
    buttons(tab)["Go on"].click()
    assert teaching.diary == [("go_on",)]


def test_the_offer_is_called_what_it_does(
    tab: TeachTab, teaching: FakeTeaching
) -> None:
    teaching.lesson.show_view(
        resume_offer="It was not kept.", resume_answer="Compare and decide"
    )
    assert "Go on" not in buttons(tab)
    buttons(tab)["Compare and decide"].click()
    assert teaching.diary == [("go_on",)]


def test_a_project_is_opened_and_begun_where_the_user_says(
    tab: TeachTab,
    teaching: FakeTeaching,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    opened, new = tmp_path / "a.skoots-project", tmp_path / "b"

    def choose(*_: Any) -> str:
        return str(opened)

    def name(*_: Any) -> tuple[str, str]:
        return str(new), ""

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", choose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    tab.source.open_requested.emit()
    tab.source.place_requested.emit()
    assert teaching.diary == [
        ("open_project", opened),
        ("set_project_place", tmp_path / "b.skoots-project"),
    ]


def test_a_dialog_that_is_cancelled_changes_nothing(
    tab: TeachTab, teaching: FakeTeaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    tab.source.open_requested.emit()
    tab.source.place_requested.emit()
    assert teaching.diary == []


# ---- the key


class Keyboard:
    """Presses B as napari's window does, with a layer selected or none."""

    def __init__(self) -> None:
        self.viewer = ViewerModel()
        self.toggled: list[str] = []
        self.comparing = FakeComparing([])

    def toggle(self) -> None:
        self.toggled.append("B")

    def press(self, layer: Any = None) -> None:
        handler = KeymapHandler()
        chain = [self.viewer] if layer is None else [layer, self.viewer]
        handler.keymap_providers = chain
        handler.press_key("B")


def test_b_switches_only_while_there_is_something_to_compare() -> None:
    keys = Keyboard()
    held = CompareKey(keys.viewer, keys.comparing, keys.toggle)
    image = Image(np.zeros((4, 4)))
    keys.press()
    assert keys.toggled == []
    keys.comparing.show_view(view=COMPARISON)
    keys.press()
    keys.press(image)
    assert keys.toggled == ["B", "B"]
    keys.comparing.show_view(view=None)
    keys.press()
    assert keys.toggled == ["B", "B"]
    held.close()


def test_b_is_given_back_to_whoever_had_it() -> None:
    keys = Keyboard()
    theirs: list[str] = []
    keys.viewer.bind_key("b", lambda viewer: theirs.append("theirs"))
    held = CompareKey(keys.viewer, keys.comparing, keys.toggle)
    keys.comparing.show_view(view=COMPARISON)
    keys.comparing.show_view(view=replace(COMPARISON, side=Side.BEFORE))
    keys.press()
    held.close()
    keys.press()
    assert (keys.toggled, theirs) == (["B"], ["theirs"])
