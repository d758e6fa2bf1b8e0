"""Runs: begun, asked about, stopped, gone on with, made anew."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from session_cases import (
    TILES,
    Gate,
    expected_labels,
    free,
    labels_of,
    message,
    put_before,
    save_image,
    save_model,
    segment_begun,
)

from napari_skoots.state.views import JobState, Where

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session


@pytest.fixture
def image(session: Session, tmp_path: Path) -> Path:
    """An image that is open and chosen, all of which is to be segmented."""
    path = save_image(tmp_path / "cells.tif")
    session.open_paths([path])
    session.wishes.set(where=Where.WHOLE)
    return path


@pytest.fixture
def run(image: Path) -> Path:
    """Where the run of the image goes."""
    return image.with_name("cells.skoots.zarr")


def ask(session: Session) -> list[str]:
    """Give the answers that can be chosen now."""
    question = session.segmenting.question
    return [] if question is None else [key for key, _ in question.answers]


def segment(qtbot: QtBot, session: Session) -> None:
    session.segment()
    free(qtbot, session)


def test_labels_are_those_of_the_engine_and_lie_on_the_image(
    qtbot: QtBot, session: Session, image: Path, run: Path, models_folder: Path
) -> None:
    segment(qtbot, session)
    expected = expected_labels(image, models_folder)
    picture, labels = session.viewer.layers
    np.testing.assert_array_equal(np.asarray(labels.data), expected)
    np.testing.assert_array_equal(labels_of(run), expected)
    assert labels.name == "cells labels"
    assert (
        tuple(labels.scale) == tuple(picture.scale) == pytest.approx((0.05, 0.02, 0.01))
    )
    assert labels.units == picture.units
    objects = len(np.unique(expected)) - 1
    view = session.board.view
    assert view is not None
    assert (view.state, view.objects) == (JobState.DONE, objects)
    assert message(session).startswith(f"{objects} objects in ")


def test_while_it_runs_labels_appear_and_the_layer_cannot_be_deleted_by_hand(
    qtbot: QtBot, session: Session, image: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 3)
    _, labels = session.viewer.layers
    qtbot.waitUntil(lambda: bool(np.asarray(labels.data).any()), timeout=5000)
    assert getattr(labels, "locked", True)
    qtbot.waitUntil(lambda: getattr(session.board.view, "done", 0) > 0, timeout=5000)
    view = session.board.view
    assert view is not None
    assert (view.stage, view.total) == ("Predicting", TILES)
    assert view.done <= 3
    assert view.device == "cpu"
    assert view.memory_total
    gate.open()
    free(qtbot, session)
    assert not getattr(labels, "locked", False)


def test_what_was_cancelled_is_resumed_to_the_labels_of_a_run_without_a_stop(
    qtbot: QtBot,
    session: Session,
    image: Path,
    run: Path,
    models_folder: Path,
    gate: Gate,
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 3)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    assert message(session) == "Cancelled. What is done is kept and can be resumed."
    assert ask(session) == ["Resume", "Finish what is done", "Not now"]
    before = gate.passed
    session.segmenting.answer("Resume")
    assert ask(session) == []
    free(qtbot, session)
    assert gate.passed - before < TILES
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))
    assert len(session.viewer.layers) == 2


def test_a_run_cancelled_before_its_first_tile_can_be_resumed(
    qtbot: QtBot,
    session: Session,
    image: Path,
    run: Path,
    models_folder: Path,
    gate: Gate,
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 0)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    session.segmenting.answer("Resume")
    free(qtbot, session)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


def test_what_is_done_of_a_cancelled_run_can_be_finished(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 3)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    before = gate.passed
    session.segmenting.answer("Finish what is done")
    free(qtbot, session)
    assert gate.passed == before  # the network had no part in it
    assert "objects in" in message(session)
    view = session.results.view
    assert view is not None
    assert view.final
    labels = labels_of(run)
    columns = [
        labels[:, y : y + 16, x : x + 16].any() for y in (0, 16) for x in (0, 16, 32)
    ]
    assert 1 <= sum(columns) <= 4


def test_leaving_it_changes_nothing(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    session.board.cancel()
    gate.open()
    free(qtbot, session)
    before = labels_of(run)
    session.segmenting.answer("Not now")
    assert ask(session) == []
    assert not session.board.busy
    np.testing.assert_array_equal(labels_of(run), before)


def test_paused_it_makes_no_tile_until_it_is_resumed(
    qtbot: QtBot, session: Session, image: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    session.board.pause()
    gate.open()
    view = session.board.view
    assert view is not None
    assert view.state is JobState.PAUSED
    qtbot.wait(150)
    assert gate.passed <= 2
    session.board.resume()
    free(qtbot, session)
    assert gate.passed == TILES


def test_a_paused_run_can_be_cancelled(
    qtbot: QtBot, session: Session, image: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    session.board.pause()
    gate.open()
    session.board.cancel()
    free(qtbot, session)
    assert "Resume" in ask(session)


# ---- a run that is there


def test_a_second_request_while_one_runs_is_refused_and_harms_nothing(
    qtbot: QtBot, session: Session, image: Path, gate: Gate
) -> None:
    told: list[Exception] = []
    session.told.connect(told.append)
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 1)
    session.segment()
    session.preview()
    assert [type(error).__name__ for error in told] == ["RunError"] * 2
    assert "running" in str(told[0])
    gate.open()
    free(qtbot, session)
    assert "objects in" in message(session)


def test_a_run_of_before_is_asked_about_and_can_be_resumed(
    qtbot: QtBot, session: Session, image: Path, run: Path
) -> None:
    segment(qtbot, session)
    before = labels_of(run)
    session.segmenting._last = None  # as in another process
    session.segment()
    assert not session.board.busy
    assert ask(session) == ["Go on with it", "Keep both", "Start over"]
    session.segmenting.answer("Go on with it")
    free(qtbot, session)
    assert "finished already" in message(session)
    np.testing.assert_array_equal(labels_of(run), before)
    assert len(session.viewer.layers) == 2


def test_started_over_a_run_begins_with_nothing(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    segment(qtbot, session)
    expected = labels_of(run)
    labels = session.viewer.layers[-1]
    labels.data[5, :20, :20] = 999
    put_before(session, gate)
    session.segmenting._last = None
    session.segment()
    session.segmenting.answer("Start over")
    assert session.segmenting.question is not None
    assert "what was painted" in session.segmenting.question.text
    assert ask(session) == ["Delete and start over", "Not now"]
    session.segmenting.answer("Delete and start over")
    free(qtbot, session)
    assert gate.passed == TILES
    np.testing.assert_array_equal(labels_of(run), expected)
    assert len(session.viewer.layers) == 2
    np.testing.assert_array_equal(np.asarray(session.viewer.layers[-1].data), expected)


def test_both_are_kept_each_in_its_folder_and_layer(
    qtbot: QtBot, session: Session, image: Path, run: Path
) -> None:
    segment(qtbot, session)
    session.segmenting._last = None
    session.segment()
    session.segmenting.answer("Keep both")
    free(qtbot, session)
    other = run.with_name("cells-2.skoots.zarr")
    np.testing.assert_array_equal(labels_of(other), labels_of(run))
    assert len(session.viewer.layers) == 3


def test_another_model_cannot_go_on_with_a_run(
    qtbot: QtBot, session: Session, image: Path, run: Path, models_folder: Path
) -> None:
    segment(qtbot, session)
    save_model(models_folder, "other", seed=3)
    session.models.refresh()
    session.models.choose("other")
    qtbot.waitUntil(lambda: session.models.checkpoint is not None, timeout=5000)
    session.segment()
    assert ask(session) == ["Keep both", "Start over", "Not now"]
    assert session.segmenting.question is not None
    assert "model tiny" in session.segmenting.question.text
    before = labels_of(run)
    session.segmenting.answer("Start over")
    session.segmenting.answer("Delete and start over")
    free(qtbot, session)
    assert (labels_of(run) != before).any()


def test_a_second_box_of_the_same_image_is_added_without_a_question(
    qtbot: QtBot, session: Session, image: Path, run: Path, models_folder: Path
) -> None:
    viewer = session.viewer
    for start in (0, 34):
        box = [[0, 0, start], [0, 31, start], [0, 31, start + 12], [0, 0, start + 12]]
        shapes = viewer.add_shapes(
            [np.array(box)], scale=(0.05, 0.02, 0.01), units=("um", "um", "um")
        )
        session.wishes.set(where=Where.BOX, box=str(shapes.unique_id))
        segment(qtbot, session)
        assert ask(session) == []
    assert [layer.name for layer in viewer.layers].count("cells labels") == 1
    labels = labels_of(run)
    assert labels[..., :16].any()
    assert labels[..., 32:].any()
    assert not labels[..., 16:32].any()


# ---- labels made anew


def test_changed_thresholds_are_offered_and_applied_without_the_network(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment(qtbot, session)
    before = labels_of(run)
    session.set_config({"PROBABILITY_THRESHOLD": 0.5})
    assert ask(session) == ["Update labels", "Not now"]
    session.segmenting.answer("Update labels")
    free(qtbot, session)
    assert gate.passed == TILES
    stricter = labels_of(run)
    assert 0 < (stricter > 0).sum() < (before > 0).sum()
    session.set_config({})
    session.segmenting.answer("Update labels")
    free(qtbot, session)
    np.testing.assert_array_equal(labels_of(run), before)
    session.set_config({})
    assert ask(session) == []


def test_a_question_about_thresholds_goes_when_they_are_as_before(
    qtbot: QtBot, session: Session, image: Path
) -> None:
    segment(qtbot, session)
    session.set_config({"HOPS": 3})
    assert ask(session)
    session.set_config({})
    assert ask(session) == []


# ---- what users do meanwhile


def test_a_layer_removed_while_it_is_made_can_be_shown_again(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    viewer = session.viewer
    viewer.layers.remove(viewer.layers[-1])
    gate.open()
    free(qtbot, session)
    assert len(viewer.layers) == 1
    assert ask(session) == ["Show the labels", "Not now"]
    session.segmenting.answer("Show the labels")
    np.testing.assert_array_equal(np.asarray(viewer.layers[-1].data), labels_of(run))
    assert labels_of(run).any()


def test_a_run_is_bound_to_the_image_that_was_chosen_when_it_began(
    qtbot: QtBot,
    session: Session,
    image: Path,
    run: Path,
    models_folder: Path,
    tmp_path: Path,
    gate: Gate,
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    session.open_paths([save_image(tmp_path / "other.tif", seed=5)])
    session.images.set_voxel_size((1.0, 1.0, 1.0))
    session.viewer.layers[0].name = "renamed"
    session.models.choose(None)
    gate.open()
    free(qtbot, session)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))
    assert "cells labels" in [layer.name for layer in session.viewer.layers]
    assert not (tmp_path / "other.skoots.zarr").exists()


def test_an_image_removed_while_it_is_segmented_does_not_stop_the_run(
    qtbot: QtBot, session: Session, image: Path, run: Path, gate: Gate
) -> None:
    put_before(session, gate)
    segment_begun(qtbot, session, gate, 2)
    session.viewer.layers.remove(session.viewer.layers[0])
    session._on_view()
    gate.open()
    free(qtbot, session)
    assert "objects in" in message(session)
    assert session.wishes.blocked == "Choose an image first."


def test_a_folder_that_was_deleted_while_its_labels_are_open_is_no_dead_end(
    qtbot: QtBot, session: Session, image: Path, run: Path, models_folder: Path
) -> None:
    segment(qtbot, session)
    expected = labels_of(run)
    shutil.rmtree(run)
    session.segment()
    free(qtbot, session)
    assert "objects in" in message(session)
    np.testing.assert_array_equal(labels_of(run), expected)
    shown = [i for i in session.viewer.layers if i.name.startswith("cells labels")]
    np.testing.assert_array_equal(np.asarray(shown[-1].data), expected)


# ---- failures


def test_a_failure_is_said_with_what_to_do_and_what_is_done_is_kept(
    qtbot: QtBot, session: Session, image: Path, run: Path, models_folder: Path
) -> None:
    class Broken:
        calls = 0

        def __deepcopy__(self, memo: dict[int, Any]) -> Broken:
            return self

        def __call__(self, *_: Any) -> None:
            self.calls += 1
            if self.calls == 4:
                raise ValueError("the network is broken")

    model = session.models.checkpoint
    assert model is not None
    failed: list[str] = []
    session.board.failed.connect(
        lambda title, said: failed.append(f"{title}: {said.text}")
    )
    hook = model.network.register_forward_pre_hook(Broken())
    segment(qtbot, session)
    hook.remove()
    view = session.board.view
    assert view is not None
    assert view.message is not None
    assert view.state is JobState.FAILED
    assert view.message.text == "ValueError: the network is broken"
    assert "What is done is kept" in view.message.remedy
    assert "Traceback" in view.message.details
    assert failed == ["Segment cells: ValueError: the network is broken"]
    session.segment()
    assert ask(session) == ["Resume", "Keep both", "Start over"]
    session.segmenting.answer("Resume")
    free(qtbot, session)
    np.testing.assert_array_equal(labels_of(run), expected_labels(image, models_folder))


def test_a_folder_of_something_else_is_not_touched(
    qtbot: QtBot, session: Session, image: Path, run: Path
) -> None:
    run.mkdir()
    (run / "thesis.txt").write_text("five years")
    segment(qtbot, session)
    view = session.board.view
    assert view is not None
    assert view.state is JobState.FAILED
    assert str(run) in message(session)
    assert [file.name for file in run.iterdir()] == ["thesis.txt"]
