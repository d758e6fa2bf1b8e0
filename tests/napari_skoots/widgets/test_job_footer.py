"""The footer: one job, always as high, with what to do when it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QProgressBar, QPushButton

from napari_skoots.state.views import JobState, JobView, Level, MessageView
from napari_skoots.widgets.job_footer import JobFooter

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

RUNNING = JobView(
    key="1",
    title="Segment cochlea",
    state=JobState.RUNNING,
    stage="Predicting",
    done=251,
    total=412,
    seconds_left=68.0,
    device="cuda:0",
    memory_used=5_200_000_000,
    memory_total=24_000_000_000,
    objects=127,
)
LONG = MessageView(
    "The disk /data is full: 12 MB are left and 1.5 GB are needed. " * 3,
    "Make room, then press Segment: it goes on where it stopped. " * 3,
    Level.ERROR,
    "Traceback: all of it",
)


def visible_texts(widget: QWidget) -> list[str]:
    return [
        child.text()
        for child in widget.findChildren(object)
        if hasattr(child, "text") and child.isVisible() and child.text()
    ]


def button(widget: QWidget, text: str) -> QPushButton:
    (found,) = [b for b in widget.findChildren(QPushButton) if b.text() == text]
    return found


def test_a_running_job_says_how_far_it_is(shown: Any) -> None:
    footer = shown(JobFooter(), height=130)
    footer.show_job(RUNNING)
    texts = visible_texts(footer)
    for text in ("Predicting 251/412", "1:08 left", "127 objects"):
        assert text in texts
    assert "cuda:0  5.2 GB of 24 GB" in texts
    bar = footer.findChildren(QProgressBar)[0]
    assert bar.value() / bar.maximum() == pytest.approx(251 / 412, abs=0.001)


def test_a_job_of_unknown_length_only_moves(shown: Any) -> None:
    footer = shown(JobFooter(), height=130)
    footer.show_job(replace(RUNNING, done=0, total=0, seconds_left=None))
    bar = footer.findChildren(QProgressBar)[0]
    assert (bar.minimum(), bar.maximum()) == (0, 0)
    assert "Predicting" in visible_texts(footer)


def test_pause_becomes_resume(qtbot: Any, shown: Any, listen: Any) -> None:
    footer = shown(JobFooter(), height=130)
    diary = listen(footer)
    footer.show_job(RUNNING)
    qtbot.mouseClick(button(footer, "Pause"), Qt.MouseButton.LeftButton)
    footer.show_job(replace(RUNNING, state=JobState.PAUSED))
    qtbot.mouseClick(button(footer, "Resume"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(footer, "Cancel"), Qt.MouseButton.LeftButton)
    names = [name for name, _ in diary]
    assert names == ["pause_requested", "resume_requested", "cancel_requested"]


@pytest.mark.parametrize("stage", ["", "Cutting out what is learned from", "Training"])
def test_pause_and_cancel_say_what_they_do_with_this_job(
    shown: Any, stage: str
) -> None:
    footer = shown(JobFooter(), height=130)
    going_on = "The training can be gone on with."
    footer.show_job(replace(RUNNING, stage=stage, kept=going_on))
    pause, cancel = (button(footer, each).toolTip() for each in ("Pause", "Cancel"))
    assert "the step" in pause
    assert f"after this step. {going_on}" in cancel
    footer.show_job(replace(RUNNING, step="tile", kept="It can be resumed."))
    pause, cancel = (button(footer, each).toolTip() for each in ("Pause", "Cancel"))
    assert "the tile" in pause
    assert "after this tile. It can be resumed." in cancel


def test_a_job_that_is_stopping_is_not_cancelled_twice(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    footer = shown(JobFooter(), height=130)
    footer.show_job(replace(RUNNING, state=JobState.CANCELLING))
    diary = listen(footer)
    qtbot.mouseClick(button(footer, "Cancel"), Qt.MouseButton.LeftButton)
    assert diary == []
    assert "stopping…" in visible_texts(footer)
    assert "stopping" in button(footer, "Cancel").toolTip()


def test_what_cannot_be_stopped_has_no_buttons(shown: Any) -> None:
    footer = shown(JobFooter(), height=130)
    footer.show_job(replace(RUNNING, can_stop=False))
    assert not button(footer, "Cancel").isVisible()
    assert not button(footer, "Pause").isVisible()


def test_a_failed_job_says_what_to_do_and_gives_details(
    qtbot: Any, shown: Any, qapp: Any
) -> None:
    footer = shown(JobFooter(), height=130)
    failed = replace(RUNNING, state=JobState.FAILED, message=LONG)
    footer.show_job(failed)
    texts = visible_texts(footer)
    assert LONG.text in texts
    assert LONG.remedy in texts
    qtbot.mouseClick(button(footer, "Copy details"), Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "Traceback: all of it"


@pytest.mark.parametrize(
    "job",
    [
        None,
        RUNNING,
        replace(RUNNING, message=LONG),
        replace(RUNNING, total=0, objects=None, memory_used=None),
        replace(RUNNING, state=JobState.PAUSED),
        replace(RUNNING, state=JobState.FAILED, message=LONG),
        replace(RUNNING, state=JobState.DONE, message=MessageView("Done.")),
    ],
    ids=["none", "running", "notice", "unknown", "paused", "failed", "done"],
)
def test_the_height_never_changes(shown: Any, qtbot: Any, job: JobView | None) -> None:
    footer = shown(JobFooter(), height=130)
    before = footer.height()
    footer.show_job(job)
    qtbot.wait(1)
    assert footer.minimumHeight() == footer.height() == before


def test_a_message_takes_the_place_of_a_job(shown: Any) -> None:
    footer = shown(JobFooter(), height=130)
    footer.show_job(RUNNING)
    footer.show_message(MessageView("It was checked."), "mine.trch")
    texts = visible_texts(footer)
    assert "It was checked." in texts
    assert "mine.trch" in texts
    assert not button(footer, "Cancel").isVisible()


def test_a_message_without_a_title_takes_the_room_of_the_title(
    shown: Any, qtbot: Any
) -> None:
    footer = shown(JobFooter(), height=130)
    before = footer.height()
    footer.show_message(MessageView("Loading engine…"))
    qtbot.wait(1)
    assert not footer._head.isVisible()
    assert footer.minimumHeight() == footer.height() == before
