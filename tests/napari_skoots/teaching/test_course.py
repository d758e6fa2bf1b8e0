"""What the panel shows of a training follows from its events alone."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari_skoots.controllers.teaching.course import UNASSIGNED, Course
from skoots.events import (
    BlockDone,
    ObjectsDone,
    Predicted,
    Recalled,
    StageStarted,
    TeachFinished,
    TrainFinished,
    TrainStarted,
    TrainStep,
    Validated,
    Validating,
)

BOX = ((0, 1), (0, 1), (0, 1))
STARTED = TrainStarted(
    Path("001"), "unet", "cpu", "float32", 1, 3, 0, 1000, 100, seconds=60.0
)
FINISHED = TeachFinished(
    Path("001"), Path("best.skoots"), True, {"f1_50": 0.2}, {"f1_50": 0.4}, ()
)


def step(number: int, loss: float, seconds: float = 1.0) -> TrainStep:
    return TrainStep(number, 1000, 0, loss, 0.0, 0.0, 0.0, 1e-3, 0, seconds)


def judged(f1: float | None, seconds: float, *, best: bool) -> Validated:
    said = {} if f1 is None else {"f1_50": f1}
    return Validated(1, said, best, seconds)


def predicted(share: float | None) -> Predicted:
    return Predicted(1, Path("p.npz"), "rods", BOX, 1, share, 0.1)


def heard(*events: Any, seconds: float = 60.0) -> Course:
    course = Course(seconds)
    for event in events:
        course.hear(event)
    return course


def test_before_the_first_step_it_says_what_is_done() -> None:
    course = Course(60.0)
    said = [course.view.preparing]
    for event in (
        StageStarted("load", 0, 0),
        StageStarted("find", 0, 3),
        StageStarted("rehearse", 0, 0),
        StageStarted("cut", 0, 2),
        BlockDone("cut", BOX, 1, 2),
        StageStarted("skeletonize", 0, 3),
        ObjectsDone("skeletonize", 1, 3),
        ObjectsDone("skeletonize", 3, 3),
        STARTED,
        Validating(0, 2),
        judged(0.2, 0.0, best=True),
        step(1, 1.0),
        judged(0.3, 1.0, best=True),
        StageStarted("compare", 0, 1),
    ):
        course.hear(event)
        said.append(course.view.preparing)
    assert said == [
        "Starting the process that teaches…",
        "Loading the model…",
        "Measuring what is painted…",
        "Taking along what the model knows…",
        "Cutting out what is learned from, 0 of 2",
        "Cutting out what is learned from, 1 of 2",
        "Making skeletons, 0 of 3",
        "Making skeletons, 1 of 3",
        "Loading data and network…",
        "First step…",
        "Looking at what is found before…",
        "First step…",
        "",
        "",
        "",
    ]


def test_the_length_is_the_one_of_the_training() -> None:
    assert Course(5.0).view.seconds_total == 5
    assert heard(STARTED, seconds=0.0).view.seconds_total == 60, "it goes on"


def test_the_loss_is_a_mean_that_forgets() -> None:
    view = heard(step(1, 1.0, 0.5), step(2, 0.0, 1.0), step(3, 0.0, 1.5)).view
    assert [second for second, _ in view.loss] == [0.5, 1.0, 1.5]
    assert [value for _, value in view.loss] == pytest.approx([1.0, 0.9, 0.81])
    assert (view.step, view.seconds) == (3, 1.5)


def test_a_step_without_a_loss_counts_and_leaves_no_point() -> None:
    view = heard(step(1, math.nan), step(2, 2.0), step(3, math.inf)).view
    assert [value for _, value in view.loss] == [2.0]
    assert view.step == 3


def test_a_long_curve_keeps_its_beginning_and_its_end() -> None:
    view = heard(*(step(k, 1.0, float(k)) for k in range(2000))).view
    seconds = [second for second, _ in view.loss]
    assert 200 < len(seconds) <= 600
    assert seconds[0] == 0
    assert seconds[-1] >= 1990
    assert seconds == sorted(set(seconds))


def test_the_best_is_where_the_engine_said_so() -> None:
    course = heard(judged(0.2, 0.0, best=True))
    assert course.view.best_at == 0
    course.hear(judged(0.5, 10.0, best=True))
    course.hear(judged(0.6, 20.0, best=False))  # another measure decides too
    assert course.view.best_at == 10
    assert course.view.score == ((0.0, 0.2), (10.0, 0.5), (20.0, 0.6))


def test_a_validation_without_a_score_has_no_point() -> None:
    view = heard(judged(None, 5.0, best=True)).view
    assert view.score == ()
    assert view.best_at == 5


def alarms(*shares: float | None) -> list[bool]:
    course = Course(60.0)
    found = []
    for share in shares:
        course.hear(predicted(share))
        assert course.view.unassigned == share
        found.append(bool(course.view.alarm))
    return found


def test_much_without_an_object_alarms_only_where_it_was_less() -> None:
    assert alarms(0.9, 0.8, 0.85) == [False] * 3, "an untrained network leaves as much"
    assert alarms(0.05, 0.2, 0.3, 0.1) == [False, False, True, False]
    assert alarms(0.2, 0.3, 0.5) == [False, False, True], "more than twice as much"
    assert alarms(0.05, 0.5, None) == [False, True, False]
    assert alarms(0.01, UNASSIGNED) == [False, False]


def test_the_alarm_says_both_shares() -> None:
    course = heard(predicted(0.1), predicted(0.4))
    assert "40%" in course.view.alarm
    assert "it was 10%" in course.view.alarm


def test_in_the_end_it_runs_no_more_and_keeps_its_curves() -> None:
    course = heard(STARTED, step(1, 1.0), judged(0.5, 1.0, best=True), predicted(0.1))
    course.view = replace(course.view, finishing=True)
    before = course.view
    course.end()
    assert course.view == replace(before, running=False, finishing=False)
    assert heard().view.running


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The best model is from second 10."),
        ({"improved": False}, "No model was better than the one it began with."),
        ({"after": {}}, "Nothing was held out, so nobody knows how good it is."),
    ],
    ids=["better", "no better", "unknown"],
)
def test_the_end_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    course = heard(judged(0.5, 10.0, best=True), step(40, 1.0, 12.4))
    said = course.words(replace(FINISHED, **changes))
    assert said == f"40 steps in 12 s. {words}"


def test_a_comparison_that_is_brought_back_has_no_steps_and_no_second() -> None:
    assert heard(FINISHED).words(FINISHED) == "The best model was found earlier."
    worse = replace(FINISHED, improved=False)
    assert heard(worse).words(worse) == (
        "No model was better than the one it began with."
    )


PAST = Recalled(40, 12.4, ((6.0, 0.9), (12.4, 0.5)), ((0.0, 0.1), (12.4, 0.6)), 12.4)


def test_a_comparison_that_is_brought_back_has_the_curves_of_its_training() -> None:
    course = heard(PAST, FINISHED)
    course.end()
    view = course.view
    assert (view.step, view.seconds, view.best_at) == (40, 12.4, 12.4)
    assert (view.loss, view.score) == (PAST.losses, PAST.scores)
    words = "40 steps in 12 s. The best model is from second 12."
    assert course.words(FINISHED) == words


def test_a_training_that_goes_on_begins_where_it_was() -> None:
    course = heard(STARTED, PAST)
    assert course.view.preparing == "First step…"
    assert course.view.step == 40
    course.hear(step(41, 0.4, 13.0))
    assert course.view.loss == (*PAST.losses, (13.0, 0.4))


def test_where_no_step_is_left_none_is_awaited() -> None:
    done = TrainFinished(Path("001"), Path("best.skoots"), 40, 0, {}, 12.4)
    course = heard(STARTED, PAST, done, StageStarted("compare", 0, 1))
    assert (course.view.preparing, course.view.running) == ("", True)


def test_the_second_of_a_best_model_of_the_sitting_before_is_not_made_up() -> None:
    course = heard(STARTED, judged(0.3, 30.0, best=False), step(90, 1.0, 31.0))
    assert course.words(FINISHED) == (
        "90 steps in 31 s. The best model was found earlier."
    )


def test_a_best_model_at_the_start_is_from_second_0() -> None:
    course = heard(judged(0.5, 0.0, best=True), step(40, 1.0, 12.4))
    assert course.words(FINISHED).endswith("The best model is from second 0.")
