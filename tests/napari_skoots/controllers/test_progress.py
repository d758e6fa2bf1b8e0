"""What the footer says of a job, by a clock that a test turns."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari_skoots.controllers.board import done
from napari_skoots.controllers.progress import Progress, explain
from napari_skoots.state.views import JobState, Level, MessageView
from skoots.errors import RunError
from skoots.events import (
    BlockDone,
    Notice,
    RunFinished,
    RunStarted,
    ScaleNotice,
    StageStarted,
    TrainStarted,
    TrainStep,
)

BOX = ((0, 1), (0, 1), (0, 1))


class Clock:
    """Says what it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress("key", "Segment cells", now=clock)


def block(count: int, total: int = 10, objects: int | None = None) -> BlockDone:
    return BlockDone("predict", BOX, count, total, objects)


def test_the_time_left_is_what_the_rest_takes_at_the_pace_so_far(
    progress: Progress, clock: Clock
) -> None:
    progress.hear(StageStarted("predict", 0, 10))
    clock.now += 6
    progress.hear(block(3))
    assert progress.view.seconds_left == pytest.approx(6 / 3 * 7)
    clock.now += 4
    progress.hear(block(8))
    assert progress.view.seconds_left == pytest.approx(10 / 8 * 2)


def test_what_was_done_before_counts_for_no_pace(
    progress: Progress, clock: Clock
) -> None:
    progress.hear(StageStarted("predict", 6, 10))
    assert progress.view.done == 6
    clock.now += 5
    progress.hear(block(8))
    assert progress.view.seconds_left == pytest.approx(5 / 2 * 2)


def test_nothing_is_foretold_from_nearly_nothing(
    progress: Progress, clock: Clock
) -> None:
    progress.hear(StageStarted("predict", 0, 10))
    clock.now += 0.4
    progress.hear(block(1))
    assert progress.view.seconds_left is None
    clock.now += 0.1
    progress.hear(block(2))
    assert progress.view.seconds_left == pytest.approx(0.5 / 2 * 8)


def test_a_pause_is_no_part_of_the_pace(progress: Progress, clock: Clock) -> None:
    progress.hear(StageStarted("predict", 0, 10))
    clock.now += 2
    progress.hear(block(2))
    progress.turn(JobState.PAUSED)
    assert progress.view.seconds_left is None
    clock.now += 1000
    progress.turn(JobState.RUNNING)
    clock.now += 3
    progress.hear(block(4))
    assert progress.view.seconds_left == pytest.approx(3 / 2 * 6)


def test_each_stage_has_a_pace_of_its_own(progress: Progress, clock: Clock) -> None:
    progress.hear(StageStarted("predict", 0, 10))
    clock.now += 50
    progress.hear(block(10))
    assert progress.view.seconds_left == 0
    progress.hear(StageStarted("assign", 0, 4))
    assert (progress.view.stage, progress.view.seconds_left) == (
        "Assigning voxels",
        None,
    )
    clock.now += 1
    progress.hear(BlockDone("assign", BOX, 1, 4))
    assert progress.view.seconds_left == pytest.approx(3)


def test_objects_add_up_until_the_end_says_how_many_there_are(
    progress: Progress,
) -> None:
    progress.hear(StageStarted("predict", 0, 10))
    progress.hear(block(1))
    assert progress.view.objects is None
    progress.hear(block(2, objects=3))
    progress.hear(block(3, objects=0))
    progress.hear(block(4, objects=2))
    assert progress.view.objects == 5
    progress.hear(RunFinished(Path("a"), (1, 1, 1), 10, 0, 1.0, 4))
    assert progress.view.objects == 4


def test_device_and_notices_are_shown(progress: Progress) -> None:
    progress.hear(RunStarted(Path("a"), *[(1,) * 3] * 3, 10, 0, "cuda:0", "float16"))
    progress.hear(Notice("The disk is nearly full."))
    view = progress.view
    assert view.device == "cuda:0"
    assert view.message == MessageView("The disk is nearly full.", level=Level.WARNING)


def test_what_stands_beside_the_size_of_objects_is_not_said_twice(
    progress: Progress,
) -> None:
    progress.hear(ScaleNotice("The image is resampled as it is read."))
    assert progress.view.message is None


def test_an_error_of_the_engine_is_said_in_its_own_words() -> None:
    said = explain(RunError("The folder is in use. Wait."))
    assert said.text == "The folder is in use. Wait."
    assert said.remedy == ""
    assert "RunError" in said.details


def test_of_other_errors_a_report_is_asked_for() -> None:
    said = explain(ZeroDivisionError("division by zero"))
    assert said.text == "ZeroDivisionError: division by zero"
    assert "copy the details" in said.remedy
    assert "smaller part" in explain(MemoryError()).remedy


def test_a_warning_stands_behind_the_result_and_a_note_does_not() -> None:
    warned = MessageView("A tile is empty.", level=Level.WARNING)
    assert done("5 objects.", warned).text == "5 objects. A tile is empty."
    assert done("5 objects.", warned).level is Level.WARNING
    assert done("5 objects.", MessageView("Hm.")).text == "5 objects."
    assert done("5 objects.", None) == MessageView("5 objects.")


def started(seconds: float) -> TrainStarted:
    return TrainStarted(
        Path("001"), "unet", "cpu", "float32", 1, 3, 0, 10_000, 1000, seconds
    )


def step(number: int, seconds: float) -> TrainStep:
    return TrainStep(number, 10_000, 0, 1.0, 0.0, 0.0, 0.0, 1e-3, 0, seconds)


def test_a_training_counts_its_seconds(progress: Progress) -> None:
    progress.hear(started(60.0))
    view = progress.view
    assert (view.stage, view.device, view.unit) == ("Training", "cpu", "seconds")
    assert (view.done, view.total, view.seconds_left) == (0, 60, None)
    progress.hear(step(1, 12.7))
    view = progress.view
    assert (view.done, view.total) == (12, 60)
    assert view.seconds_left == pytest.approx(47.3)


def test_a_training_that_takes_longer_is_at_its_end(progress: Progress) -> None:
    progress.hear(started(10.0))
    progress.hear(step(7, 13.0))  # it ends with its epoch
    view = progress.view
    assert (view.done, view.total, view.seconds_left) == (10, 10, 0)


def test_a_training_without_an_end_foretells_none(progress: Progress) -> None:
    progress.hear(started(0.0))
    progress.hear(step(7, 13.0))
    assert (progress.view.total, progress.view.seconds_left) == (0, None)
    progress.hear(StageStarted("compare", 0, 3))
    assert progress.view.total == 3
