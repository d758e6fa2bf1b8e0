"""Preview, Segment, questions and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QPushButton

from napari_skoots.state.views import EstimateView, PreviewView, ResultView
from napari_skoots.widgets.action_section import ActionSection
from napari_skoots.widgets.question_bar import QuestionBar
from napari_skoots.widgets.result_section import ResultSection

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

RESUME = [("resume", "Go on"), ("new", "Start anew"), ("no", "Neither")]


def button(widget: QWidget, text: str) -> QPushButton:
    (found,) = [b for b in widget.findChildren(QPushButton) if b.text() == text]
    return found


def test_buttons_that_are_ready_ask_for_what_they_say(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ActionSection(), height=80)
    section.set_ready(None, None)
    diary = listen(section)
    for text in ("Preview", "Segment"):
        qtbot.mouseClick(button(section, text), Qt.MouseButton.LeftButton)
    assert diary == [("preview_requested", ()), ("segment_requested", ())]


def test_buttons_that_are_not_ready_say_why(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ActionSection(), height=80)
    section.set_ready(None, "Choose an image first.")
    diary = listen(section)
    segment = button(section, "Segment")
    qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)
    assert diary == []
    assert "Choose an image first." in segment.toolTip()
    assert section._line.text() == "Choose an image first."
    section.set_ready(None, None)
    assert "tile by tile" in segment.toolTip()


def test_the_reason_goes_before_the_estimate(shown: Any) -> None:
    section = shown(ActionSection(), height=80)
    section.set_ready(None, None)
    section.set_estimate(EstimateView(412, 190.0, 1_500_000_000))
    assert section._line.text() == "412 tiles, about 3 min, 1.5 GB on disk"
    section.set_ready(None, "Wait for the job.")
    assert section._line.text() == "Wait for the job."


def test_an_estimate_without_a_pace_says_no_time(shown: Any) -> None:
    section = shown(ActionSection(), height=80)
    section.set_ready(None, None)
    section.set_estimate(EstimateView(1, None, 640))
    assert section._line.text() == "1 tile, 640 B on disk"


def test_a_preview_is_kept_or_dismissed_without_moving_anything(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ActionSection(), height=80)
    section.set_ready(None, None)
    before, place = section.sizeHint(), button(section, "Segment").geometry()
    section.set_preview(PreviewView(41, 2.1))
    qtbot.wait(1)
    assert section.sizeHint().height() == before.height()
    assert button(section, "Segment").geometry() == place
    diary = listen(section)
    for text in ("Keep", "Dismiss"):
        qtbot.mouseClick(button(section, text), Qt.MouseButton.LeftButton)
    assert diary == [("preview_accepted", ()), ("preview_dismissed", ())]
    section.set_preview(None)
    assert not button(section, "Keep").isVisible()


def test_an_answer_ends_the_question(qtbot: Any, shown: Any, listen: Any) -> None:
    bar = shown(QuestionBar(), height=80)
    bar.ask("Go on with the run?", RESUME)
    diary = listen(bar)
    qtbot.mouseClick(button(bar, "Start anew"), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert diary == [("asking", (False,)), ("answered", ("new",))]


def test_escape_gives_the_cautious_answer(qtbot: Any, shown: Any, listen: Any) -> None:
    bar = shown(QuestionBar(), height=80)
    bar.ask("Go on with the run?", RESUME)
    diary = listen(bar)
    qtbot.keyClick(button(bar, "Go on"), Qt.Key.Key_Escape)
    assert ("answered", ("no",)) in diary


def test_a_cleared_question_gives_no_answer(shown: Any, listen: Any) -> None:
    bar = shown(QuestionBar(), height=80)
    bar.ask("Go on with the run?", RESUME)
    diary = listen(bar)
    bar.clear()
    assert diary == [("asking", (False,))]
    assert not bar.isVisible()


def test_results_are_hidden_until_there_is_one(shown: Any, listen: Any) -> None:
    section = ResultSection()
    assert section.isHidden()
    shown(section, height=120)
    diary = listen(section)
    section.set_result(ResultView("labels", 1204, skeletons_shown=True))
    assert section.isVisible()
    assert section._title.text() == "labels: 1,204 objects"
    section.set_result(None)
    assert not section.isVisible()
    assert diary == []


def test_layers_of_a_result_are_toggled(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(ResultSection(), height=120)
    section.set_result(ResultView("labels", 3, has_probability=False))
    diary = listen(section)
    skeletons, probability = section.findChildren(QCheckBox)
    qtbot.keyClick(skeletons, Qt.Key.Key_Space)
    qtbot.keyClick(probability, Qt.Key.Key_Space)
    assert diary == [("skeletons_toggled", (True,))]
    assert "none yet" in probability.toolTip()


def test_table_receipt_and_save_are_asked_for(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ResultSection(), height=120)
    section.set_result(ResultView("labels", 3))
    diary = listen(section)
    for text in ("Table", "Receipt", "Save…"):
        qtbot.mouseClick(button(section, text), Qt.MouseButton.LeftButton)
    names = [name for name, _ in diary]
    assert names == ["table_requested", "receipt_requested", "save_requested"]
