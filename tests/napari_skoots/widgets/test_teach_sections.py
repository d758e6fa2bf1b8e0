"""The Teach tab speaks when the user acts, and shows what it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton
from qtpy.QtWidgets import QRadioButton as Radio

from napari_skoots.state.teaching import (
    SCRATCH,
    BoxView,
    ComparisonView,
    ExampleView,
    LessonView,
    ScoreView,
    Side,
    WishView,
)
from napari_skoots.widgets.number_fields import Number, Whole
from napari_skoots.widgets.teach_action import TeachActionSection
from napari_skoots.widgets.teach_comparison import ComparisonSection, verdict
from napari_skoots.widgets.teach_how import TeachHowSection
from napari_skoots.widgets.teach_lesson import LessonSection
from napari_skoots.widgets.teach_objects import TeachObjectsSection
from napari_skoots.widgets.teach_source import TeachSourceSection

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

EMPTY = ExampleView(image="cells", project_path="/data/cells.skoots-project")
PAINTED = ExampleView(
    "cells", "/data/cells.skoots-project", 1, "cells", "cells teaching", objects=7,
    boxes=2, taught_voxels=1_234_567, box=BoxView(2, 12, 28, 64),
)  # fmt: skip
WISH = WishView("mito", 60.0, measured=23.44, model_diameter=32.0)
BEFORE, AFTER = ScoreView(0.312, 1, 9, 14), ScoreView(0.74, 7, 9, 10)
BETTER = ComparisonView(BEFORE, AFTER, True, Side.AFTER, "mito-cells", base="mito")


def named(widget: QWidget, kind: type[Any], name: str) -> Any:
    """The control that a screen reader calls by this name."""
    (found,) = [c for c in widget.findChildren(kind) if c.accessibleName() == name]
    return found


def button(widget: QWidget, text: str) -> QPushButton:
    """The button with this text that can be seen."""
    (found,) = [
        b
        for b in widget.findChildren(QPushButton)
        if b.text() == text and b.isVisible()
    ]
    return found


def press(qtbot: Any, widget: QWidget, text: str) -> None:
    qtbot.mouseClick(button(widget, text), Qt.MouseButton.LeftButton)


def write(qtbot: Any, field: QWidget, text: str) -> None:
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined] # of all fields of ours
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def texts(widget: QWidget) -> list[str]:
    """Give what can be read."""
    labels = widget.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible() and label.text()]


def test_setters_say_nothing(shown: Any, listen: Any) -> None:
    source, objects = shown(TeachSourceSection()), shown(TeachObjectsSection())
    how, card = shown(TeachHowSection()), shown(ComparisonSection())
    diaries = [listen(each) for each in (source, objects, how)]
    talk = listen(card)
    for example in (ExampleView(), EMPTY, PAINTED, replace(PAINTED, accepting=True)):
        source.set_example(example)
        objects.set_example(example)
    source.set_label_layers([("a", "A"), ("b", "B")])
    how.set_bases([("mito", "mito"), (SCRATCH, "From scratch")], SCRATCH)
    for wish in (WISH, replace(WISH, diameter=30.0), replace(WISH, seconds=0.0)):
        how.set_wish(wish)
    for comparison in (BETTER, replace(BETTER, side=Side.BEFORE), None):
        card.set_comparison(comparison)
    assert diaries == [[], [], []]
    assert [name for name, _ in talk if name != "asking"] == []


# ---- what is taught from


def test_without_an_image_nothing_can_be_taught(shown: Any) -> None:
    section = shown(TeachSourceSection())
    section.set_example(ExampleView())
    new = button(section, "New teaching layer")
    assert not new.isEnabled()
    assert "Choose an image" in new.toolTip()


def test_everything_is_annotated_in_an_empty_layer_too(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachSourceSection())
    section.set_example(EMPTY)
    everything = named(section, QCheckBox, "Everything is annotated")
    assert "Make a teaching layer first" in everything.toolTip()
    section.set_example(PAINTED)
    diary = listen(section)
    everything.click()
    assert diary == [("everything_toggled", (True,))]


def test_a_teaching_layer_is_asked_for_while_there_is_none(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachSourceSection())
    section.set_example(EMPTY)
    diary = listen(section)
    press(qtbot, section, "New teaching layer")
    assert diary == [("layer_requested", ())]
    assert "new: cells" in texts(section)
    button = next(b for b in section.findChildren(QPushButton) if "layer" in b.text())
    assert button.text() == "New teaching layer"
    section.set_example(replace(EMPTY, lies_there=True))
    assert "cells, not open yet" in texts(section)
    assert button.text() == "Open teaching layer"
    section.set_example(replace(EMPTY, project="cells", examples=1))
    assert button.text() == "New teaching layer", "the image is in no project yet"
    section.set_example(replace(EMPTY, project="cells", examples=1, joined=True))
    assert button.text() == "Open teaching layer"
    section.set_example(EMPTY)
    section.set_example(PAINTED)
    assert "cells teaching" in texts(section)
    assert not [b for b in section.findChildren(QComboBox) if b.isVisible()]


def test_labels_are_copied_with_what_was_ticked(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachSourceSection())
    section.set_example(EMPTY)
    copy = button(section, "Copy")
    assert "Labels layer" in copy.toolTip()
    section.set_label_layers([("a", "A"), ("b", "B")])
    diary = listen(section)
    labels = named(section, QComboBox, "Labels to copy")
    labels.setFocus()
    qtbot.keyClick(labels, Qt.Key.Key_Down)
    press(qtbot, section, "Copy")
    named(section, QCheckBox, "Everything is annotated").click()
    section.set_label_layers([("c", "C"), ("a", "A"), ("b", "B")])
    press(qtbot, section, "Copy")
    assert diary == [("copy_requested", ("b", False)), ("copy_requested", ("b", True))]


def test_everything_is_said_of_the_layer_that_is_there(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachSourceSection())
    section.set_example(replace(PAINTED, everything=True))
    everything = named(section, QCheckBox, "Everything is annotated")
    assert everything.isChecked()
    diary = listen(section)
    everything.click()
    named(section, QCheckBox, "Skeletons").click()
    assert diary == [("everything_toggled", (False,)), ("skeletons_toggled", (True,))]


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Open…", "open_requested"),
        ("New…", "place_requested"),
        ("Choose…", "image_requested"),
    ],
)
def test_folders_and_the_image_are_asked_for(
    qtbot: Any, shown: Any, listen: Any, text: str, signal: str
) -> None:
    section = shown(TeachSourceSection())
    section.set_example(EMPTY)
    diary = listen(section)
    press(qtbot, section, text)
    assert diary == [(signal, ())]


def test_a_project_of_several_images_says_how_many(shown: Any) -> None:
    section = shown(TeachSourceSection())
    section.set_example(replace(PAINTED, examples=3))
    assert "cells, 3 images" in texts(section)


# ---- what is painted


def test_what_is_painted_is_counted_in_one_line(shown: Any) -> None:
    section = shown(TeachObjectsSection())
    for example, said in (
        (EMPTY, "Nothing is painted yet."),
        (replace(EMPTY, counting=True), "Counting…"),
        (PAINTED, "7 objects · 2 boxes · 1.2 M voxels"),
        (replace(PAINTED, objects=1, boxes=1, counting=True, taught_voxels=0),
         "1 object · 1 box …"),
    ):  # fmt: skip
        section.set_example(example)
        assert texts(section)[0] == said


def test_tools_need_a_layer(shown: Any, qtbot: Any, listen: Any) -> None:
    section = shown(TeachObjectsSection())
    section.set_example(EMPTY)
    for text in ("Draw a box", "Accept objects"):
        assert not button(section, text).isEnabled()
        assert "teaching layer first" in button(section, text).toolTip()
    section.set_example(PAINTED)
    diary = listen(section)
    press(qtbot, section, "Draw a box")
    press(qtbot, section, "Accept objects")
    assert diary == [("box_requested", ()), ("accepting_toggled", (True,))]


def test_no_box_is_drawn_where_the_image_is_one(shown: Any) -> None:
    section = shown(TeachObjectsSection())
    section.set_example(replace(PAINTED, everything=True))
    assert not button(section, "Draw a box").isEnabled()
    assert "whole image" in button(section, "Draw a box").toolTip()


def test_accepting_says_how_and_how_to_stop(shown: Any) -> None:
    section = shown(TeachObjectsSection())
    section.set_example(PAINTED)
    assert not any("Press again" in text for text in texts(section))
    section.set_example(replace(PAINTED, accepting=True))
    assert button(section, "Accept objects").isChecked()
    assert any("Press again" in text for text in texts(section))


def test_the_problem_and_advice_are_shown_and_go(shown: Any) -> None:
    section = shown(TeachObjectsSection())
    section.set_example(
        replace(PAINTED, problem="Draw a box.", advice=("Object 3 ends.", "Erase 4."))
    )
    assert "Draw a box." in texts(section)
    assert "Object 3 ends.\nErase 4." in texts(section)
    section.set_example(PAINTED)
    assert "Draw a box." not in texts(section)
    assert not any("Object 3" in text for text in texts(section))


def test_planes_of_the_box_are_told_in_order(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachObjectsSection())
    section.set_example(PAINTED)
    assert "Box 2" in texts(section)
    first, last = (named(section, Whole, f"{name} plane") for name in ("First", "Last"))
    assert (first.value(), last.value(), last.maximum()) == (12, 28, 63)
    diary = listen(section)
    write(qtbot, last, "40")
    write(qtbot, first, "50")
    named(section, QCheckBox, "Hold out this box").click()
    assert diary == [
        ("planes_changed", (12, 40)),
        ("planes_changed", (40, 50)),
        ("held_out_toggled", (True,)),
    ]
    section.set_example(replace(PAINTED, box=None))
    assert not first.isVisible()


# ---- how


def test_model_and_time_are_chosen(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(TeachHowSection())
    section.set_bases([("mito", "mito"), (SCRATCH, "From scratch")], "mito")
    section.set_wish(WISH)
    diary = listen(section)
    base = named(section, QComboBox, "Start from")
    base.setFocus()
    qtbot.keyClick(base, Qt.Key.Key_Down)
    named(section, Radio, "Train for: No limit").click()
    assert diary == [("base_chosen", (SCRATCH,)), ("seconds_chosen", (0.0,))]


def test_a_time_of_another_length_chooses_none(shown: Any) -> None:
    section = shown(TeachHowSection())
    section.set_wish(WISH)
    radios = section.findChildren(Radio)
    assert [radio.isChecked() for radio in radios] == [True, False, False]
    section.set_wish(replace(WISH, seconds=90.0))
    assert not any(radio.isChecked() for radio in radios)
    section.set_wish(replace(WISH, seconds=0.0))
    assert [radio.isChecked() for radio in radios] == [False, False, True]


def test_the_size_is_as_measured_until_another_is_typed(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachHowSection())
    section.set_wish(WISH)
    field = named(section, Number, "Object size")
    assert field.value() == pytest.approx(23.4)
    assert "as measured" in texts(section)
    diary = listen(section)
    write(qtbot, field, "30")
    section.set_wish(replace(WISH, diameter=30.0))
    assert field.value() == 30
    press(qtbot, section, "Measured: 23.4")
    section.set_wish(WISH)
    write(qtbot, field, "0")
    assert diary == [
        ("diameter_changed", (30.0,)),
        ("diameter_changed", (None,)),
        ("diameter_changed", (None,)),
    ]


def test_what_a_model_knows_is_kept_where_it_has_a_sample(
    shown: Any, listen: Any
) -> None:
    section = shown(TeachHowSection())
    section.set_wish(WISH)
    keep = section.findChild(QCheckBox)
    assert not keep.isVisible()
    diary = listen(section)
    section.set_wish(replace(WISH, sample="nuclei"))
    assert keep.isVisible()
    assert keep.isChecked()
    keep.click()
    section.set_wish(replace(WISH, sample="nuclei", rehearse=False))
    assert not keep.isChecked()
    assert diary == [("rehearse_toggled", (False,))]


def test_a_size_that_nobody_knows_is_a_question_mark(shown: Any) -> None:
    section = shown(TeachHowSection())
    section.set_wish(WishView(SCRATCH, 60.0))
    assert named(section, Number, "Object size").text() == "?"
    assert "not measured yet" in texts(section)


# ---- the training


def test_a_training_says_how_far_it_is(shown: Any) -> None:
    section = LessonSection()
    assert section.isHidden()
    shown(section)
    lesson = LessonView(
        True, "", 43.0, 60.0, 1204, score=((10.0, 0.5), (30.0, 0.62)), best_at=30.0
    )
    for view, said in (
        (LessonView(True, "Making skeletons…"), "Making skeletons…"),
        (lesson, "0:43 of 1:00, 1,204 steps"),
        (replace(lesson, seconds_total=0.0), "0:43, 1,204 steps"),
        (replace(lesson, running=False), "Trained 0:43, 1,204 steps"),
    ):
        section.set_lesson(view)
        assert texts(section)[0] == said
    assert "best F1 0.62" in texts(section)
    section.set_lesson(replace(lesson, alarm="Much belongs to no object."))
    assert "Much belongs to no object." in texts(section)
    section.set_lesson(None)
    assert not section.isVisible()


def test_train_turns_into_stop_while_it_runs(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(TeachActionSection(), height=90)
    section.set_ready(None)
    diary = listen(section)
    press(qtbot, section, "Train")
    section.set_running(running=True, finishing=False)
    press(qtbot, section, "Stop and keep the best")
    section.set_running(running=True, finishing=True)
    press(qtbot, section, "Stop and keep the best")
    assert diary == [("train_requested", ()), ("finish_requested", ())]
    section.set_running(running=False, finishing=False)
    assert button(section, "Train").isEnabled()


def test_train_says_why_it_cannot(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(TeachActionSection(), height=90)
    section.set_ready("Draw a box.")
    assert texts(section) == ["Draw a box."]
    section.set_ready("Draw a box.", "The next step stands above.")
    assert texts(section) == ["The next step stands above."]
    diary = listen(section)
    press(qtbot, section, "Train")
    assert diary == []
    assert "Draw a box." in button(section, "Train").toolTip()


# ---- before and after


def test_before_and_after_stand_side_by_side(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ComparisonSection())
    section.set_comparison(BETTER)
    said = texts(section)
    for row in (["0.31", "0.74"], ["1 of 9", "7 of 9"], ["14", "10"]):
        place = said.index(row[0])
        assert said[place : place + 2] == row
    assert button(section, "After").isChecked()
    diary = listen(section)
    press(qtbot, section, "Before")
    assert diary == [("side_chosen", ("before",))]
    section.set_comparison(replace(BETTER, side=Side.BEFORE))
    assert not button(section, "After").isChecked()


@pytest.mark.parametrize(
    ("true", "said"),
    [
        (1, "the one object held out, which is little"),
        (4, "the 4 objects held out, which is little"),
        (9, "Better in what was held out:"),
    ],
)
def test_few_objects_that_decide_are_counted(true: int, said: str) -> None:
    after = ScoreView(1.0, 1, true, 1)
    assert said in verdict(replace(BETTER, after=after)).text


@pytest.mark.parametrize("few", [True, False], ids=["few objects", "as good"])
def test_nobody_is_sent_to_labels_that_are_not_there(few: bool) -> None:
    view = replace(BETTER, after=ScoreView(1.0, 4, 4, 4) if few else BEFORE)
    assert verdict(view).text.endswith(". Look at both:")
    said = verdict(replace(view, there=(Side.AFTER,))).text
    assert said.endswith(".")
    assert "Look" not in said


def test_only_labels_that_are_in_the_viewer_can_be_looked_at(shown: Any) -> None:
    section = shown(ComparisonSection())
    section.set_comparison(replace(BETTER, there=(Side.AFTER,)))
    before, after = button(section, "Before"), button(section, "After")
    assert (before.isEnabled(), after.isEnabled()) == (False, True)
    assert "removed" in before.toolTip()
    section.set_comparison(replace(BETTER, there=(), elsewhere="cells"))
    for each in (before, after):
        assert each.isVisible()
        assert not each.isEnabled()
        assert "Open the teaching layer of cells to see them." in each.toolTip()
    section.set_comparison(replace(BETTER, there=(), kept="mine", over=True))
    assert "Show" not in texts(section)
    assert not before.isVisible()
    assert not after.isVisible()
    assert "0.74" in texts(section), "the scores are still true"
    section.set_comparison(BETTER)
    assert before.isVisible()
    assert before.isEnabled()
    section.set_comparison(replace(BETTER, there=(), held_out=False))
    assert not before.isVisible(), "there is nothing to compare"


def test_a_better_model_is_kept_by_its_name(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ComparisonSection())
    section.set_comparison(BETTER)
    name = named(section, QLineEdit, "Model name")
    assert name.text() == "mito-cells"
    name.selectAll()
    qtbot.keyClicks(name, "mine ")
    section.set_comparison(replace(BETTER, side=Side.BEFORE))
    assert name.text() == "mine "
    diary = listen(section)
    press(qtbot, section, "Keep")
    press(qtbot, section, "Discard")
    assert diary == [("keep_requested", ("mine",)), ("discard_requested", ())]
    name.clear()
    press(qtbot, section, "Keep")
    assert len(diary) == 2
    assert "name first" in button(section, "Keep").toolTip()


def test_a_model_that_is_no_better_is_not_offered(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ComparisonSection())
    section.set_comparison(replace(BETTER, improved=False))
    assert any("No model was better" in text for text in texts(section))
    assert not named(section, QLineEdit, "Model name").isVisible()
    diary = listen(section)
    press(qtbot, section, "Train longer")
    press(qtbot, section, "Discard")
    assert diary == [("longer_requested", ()), ("discard_requested", ())]


def test_a_kept_model_segments_again(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(ComparisonSection())
    diary = listen(section)
    section.set_comparison(replace(BETTER, kept="mine"))
    assert any("Kept as mine" in text for text in texts(section))
    press(qtbot, section, "Segment again")
    assert diary == [("asking", (False,)), ("segment_again_requested", ())]
    assert not [b for b in section.findChildren(QPushButton) if b.text() == "Keep" and
                b.isVisible()]  # fmt: skip


def test_from_scratch_there_is_no_before(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(ComparisonSection())
    section.set_comparison(replace(BETTER, before=None, base=""))
    assert texts(section).count("-") == 3
    assert not button(section, "Before").isEnabled()
    assert "no model" in button(section, "Before").toolTip()
