"""A training that a user begins, watches, stops and loses: a real one, in a process."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from lesson_cases import (
    ENDLESS,
    MODEL,
    SHORT,
    School,
    rods_model,
    runs,
)
from napari.components import ViewerModel
from session_cases import idle, ready

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.session import Session
from napari_skoots.controllers.teaching.outlook import NAME as OUTLOOK
from napari_skoots.jobs import Job
from napari_skoots.state.teaching import SCRATCH
from napari_skoots.state.views import JobState
from skoots.errors import RunError, StorageError, TrainingError
from skoots.events import Notice, Predicted, TrainStarted, TrainStep, Validated
from skoots.model.checkpoint import load_checkpoint
from skoots.run import storage

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.state.teaching import LessonView


def refused(school: School, match: str) -> None:
    """Nothing begins, and the panel says the same."""
    with pytest.raises(TrainingError, match=match):
        school.lesson.train()
    assert school.lesson.view is None


# ---- before


def test_what_is_missing_is_said(school: School) -> None:
    refused(school, "Make a teaching layer first")
    labels = school.open_image()
    refused(school, "Make a teaching layer first")
    school.exercise.new_layer()
    school.until(lambda: school.exercise.layer is not None)
    school.counted()
    refused(school, "Nothing is painted")
    school.layer.data[:] = labels
    school.counted()
    refused(school, "There is no box")
    school.draw_box((0, 0), (64, 64))
    school.counted()
    assert school.lesson.wish.blocked == ""
    for state in (EngineState.LOADING, EngineState.FAILED):
        school.session.engine.state = state
        refused(school, "engine")
    school.session.engine.state = EngineState.READY


def test_a_model_that_cannot_be_read_is_said(
    school: School, models_folder: Path
) -> None:
    school.paint()
    (models_folder / "broken.skoots").write_bytes(b"no model")
    school.session.models.refresh()
    school.lesson.choose_base("broken")
    assert "Loading the model" in school.lesson.wish.blocked
    idle(school.qtbot)
    school.until(lambda: "Loading" not in school.lesson.wish.blocked)
    refused(school, "broken")
    school.lesson.choose_base(SCRATCH)
    assert school.lesson.wish.blocked == ""


def test_another_job_comes_first(school: School) -> None:
    school.paint()

    def start() -> Generator[Any, Any, None]:
        while True:
            yield Notice("still")

    school.session.board.run(Job(start, "Segment rods"))
    refused(school, "A job is running")
    with pytest.raises(RunError, match="No training"):
        school.lesson.go_on()
    school.session.board.cancel()
    school.until_over()
    assert school.lesson.wish.blocked == ""


def test_the_wish_is_what_was_chosen(school: School, models_folder: Path) -> None:
    heard: list[None] = []
    school.paint()
    school.lesson.changed.connect(lambda: heard.append(None))
    wish = school.lesson.wish
    assert (wish.base, wish.seconds, wish.model_diameter) == (MODEL, 60, 13)
    assert wish.measured == pytest.approx(14.18, abs=0.01)
    assert wish.diameter is None
    assert "×0.92" in wish.zoom
    school.lesson.set_seconds(300)
    school.lesson.set_diameter(26.0)
    assert len(heard) == 2
    assert (school.lesson.wish.seconds, school.lesson.wish.diameter) == (300, 26)
    assert "×0.50" in school.lesson.wish.zoom
    school.lesson.set_diameter(13.1)
    assert school.lesson.wish.zoom == "About as large as tiny knows them."
    school.lesson.choose_base(SCRATCH)
    assert school.lesson.wish.model_diameter is None
    assert school.lesson.wish.zoom == ""
    rods_model(models_folder, "other", seed=3)
    school.session.models.refresh()
    assert [key for key, _ in school.lesson.bases] == ["other", MODEL, SCRATCH]
    school.lesson.choose_base("other")
    school.until(lambda: school.lesson.wish.blocked == "")
    (models_folder / "other.skoots").unlink()
    school.session.models.refresh()
    assert school.lesson.base == MODEL, "the one of the panel, where it is gone"


# ---- while it runs


def view_of(school: School) -> LessonView:
    found = school.lesson.view
    assert found is not None
    return found


def state_of(school: School) -> JobState:
    footer = school.session.board.view
    assert footer is not None
    return footer.state


def test_a_training_from_its_first_step_to_its_end(school: School) -> None:
    school.paint()
    shown: list[tuple[Any, Any]] = []

    def on_inserted(event: Any) -> None:
        layer = event.value
        shown.append((layer.name, layer.data_to_world((0, 0, 0))))

    school.viewer.layers.events.inserted.connect(on_inserted)
    school.begin(SHORT)
    assert view_of(school).running
    assert view_of(school).preparing
    school.until_over()

    view = view_of(school)
    assert school.steps == list(range(1, 11))
    assert (view.running, view.preparing, view.step) == (False, "", 10)
    assert [second for second, _ in view.loss] == [
        event.seconds for event in school.all_of(TrainStep)
    ]
    judged = school.all_of(Validated)
    assert [f1 for _, f1 in view.score] == [e.validation["f1_50"] for e in judged]
    (seen,) = school.all_of(Predicted)
    start = [low for low, _ in seen.box_zyx]
    outlook = [place for name, place in shown if name == OUTLOOK]
    np.testing.assert_allclose(outlook, [school.layer.data_to_world(start)])
    assert view.unassigned == seen.unassigned
    assert school.outlook is None, "it goes in the end"
    assert "10 steps in" in school.message
    assert school.comparing.view is not None
    assert school.comparing.view.after.true == 2
    assert school.lesson.resume_offer == ""


def test_paused_it_waits_and_its_end_is_the_best(school: School) -> None:
    school.paint()
    school.begin(ENDLESS)
    school.until_step()
    school.session.board.pause()
    assert state_of(school) is JobState.PAUSED
    count = len(school.heard)
    school.qtbot.wait(1500)
    assert len(school.heard) <= count + 2, "what was on its way, and no more"
    count = len(school.steps)
    school.session.board.resume()
    school.until(lambda: len(school.steps) > count)
    school.session.board.pause()
    school.lesson.finish()  # goes on by itself
    assert state_of(school) is JobState.RUNNING
    assert view_of(school).finishing
    school.until_over()
    assert len(school.steps) % 10 == 0, "it ends with its epoch"
    assert not view_of(school).finishing
    assert school.comparing.view is not None, school.message
    assert school.project.unfinished == ()


# ---- stopped, killed, and gone on with


def test_cancelled_it_can_be_gone_on_with_another_day(school: School) -> None:
    school.paint()
    school.begin(ENDLESS)
    assert school.lesson.resume_offer == "", "it runs"
    assert kept(school) == "Nothing is learned yet; what you painted stays."
    school.until_step()
    assert "can be gone on with" in kept(school)
    school.stop()
    last = school.steps[-1]
    assert "can be gone on with" in school.message
    assert school.comparing.view is None
    assert "rods" in school.lesson.resume_offer

    path = school.project.path
    school.exercise.set_project_place(school.folder / "new.skoots-project")
    assert school.lesson.resume_offer == ""
    school.exercise.open_project(path)
    idle(school.qtbot)
    assert "rods" in school.lesson.resume_offer

    school.go_on()
    assert school.lesson.resume_offer == ""
    assert "can be gone on with" in kept(school), "already"
    school.until_step()
    assert school.steps[0] == last + 1
    school.lesson.finish()
    school.until_over()
    assert school.comparing.view is not None, school.message
    assert school.lesson.resume_offer == ""


def test_cancelled_before_it_has_learned_anything_nothing_is_kept(
    school: School,
) -> None:
    school.paint()
    school.begin(ENDLESS)
    school.stop()
    assert (
        school.message == "Cancelled. Nothing is learned yet; what you painted stays."
    )
    assert school.project.pending is None
    assert school.lesson.resume_offer == ""


def kept(school: School) -> str:
    """Say what a cancel would keep, as the panel does."""
    view = school.session.board.view
    assert view is not None
    return view.kept


def test_the_user_goes_on_painting_and_removes_layers(school: School) -> None:
    school.paint()
    school.begin(ENDLESS)
    school.until_step()
    school.stop()  # from here it shows what it finds at once
    (place,) = school.project.trainings.glob("*")
    truth = np.load(place / "truth-1.npz")["truth"]
    school.go_on()
    school.until(lambda: school.outlook is not None)
    outlook = school.outlook
    school.job.look_at((20.0, 60.0, 60.0))
    school.until(lambda: len(school.all_of(Predicted)) == 2)
    assert school.outlook is outlook, "in the same place"
    school.viewer.layers.remove(outlook)

    school.layer.data[1:4, 50:60, 50:60] = 400
    school.counted_while_training()
    assert school.exercise.view.objects == 4
    school.job.look_at((2.0, 2.0, 2.0))
    school.until(lambda: len(school.all_of(Predicted)) == 3)
    assert school.outlook is None, "who removed it does not want it"
    school.viewer.layers.remove(school.layer)
    school.viewer.layers.remove(school.viewer.layers["rods boxes"])
    school.lesson.finish()
    school.until_over()
    assert school.comparing.view is not None, school.message
    np.testing.assert_array_equal(np.load(place / "truth-1.npz")["truth"], truth)
    assert school.example.labels[2, 55, 55] == 400, "nothing is lost"


def test_what_was_painted_since_is_taught_next_time(school: School) -> None:
    school.paint()
    learned = []
    for _ in range(2):
        school.begin(ENDLESS)
        school.until(lambda: bool(school.all_of(TrainStarted)))
        learned.append(school.all_of(TrainStarted)[0].objects)
        school.stop()
        school.layer.data[1:4, 4:14, 40:56] = 400
        school.counted()
    assert learned[1] == learned[0] + 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills as POSIX does")
def test_killed_it_fails_in_words_and_nothing_is_lost(school: School) -> None:
    school.paint()
    painted, boxes = np.asarray(school.layer.data).copy(), school.example.boxes
    school.begin(ENDLESS)
    school.until_step()
    school.stop()
    saved = school.steps[-1]
    school.go_on()
    school.until_step()
    os.kill(school.pid, signal.SIGKILL)
    school.until_over()
    assert state_of(school) is JobState.FAILED
    assert "in the middle of its work" in school.message
    assert not view_of(school).running
    assert school.outlook is None
    np.testing.assert_array_equal(np.asarray(school.example.labels[:]), painted)
    assert school.example.boxes == boxes
    assert "rods" in school.lesson.resume_offer

    school.go_on()
    school.until_step()
    assert school.steps[0] == saved + 1
    school.stop()
    school.begin(ENDLESS)  # and a new one can begin
    school.until_step()
    assert school.steps[0] == 1
    assert len(list(school.project.trainings.glob("*"))) == 2


# ---- where nothing can be written


def test_where_the_disk_is_full_that_is_said_and_nothing_changes(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.paint()

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    boxes = school.viewer.layers["rods boxes"]
    with monkeypatch.context() as patch:
        patch.setattr(storage, "_sync", full)
        boxes.selected_data = {0}
        boxes.remove_selected()
        with pytest.raises(StorageError, match="Make room"):
            school.lesson.train()
    assert any("full" in text for text in school.told), school.told
    assert len(school.example.boxes) == 2, "as they were"
    school.exercise.flush()
    assert len(school.example.boxes) == 1, "stored as soon as there is room"


def test_a_folder_of_trainings_that_cannot_be_made_is_said(school: School) -> None:
    school.paint()
    """A file is in the way, as root may write anywhere but not through a file."""
    school.project.trainings.write_text("somebody put a file here")
    school.begin(SHORT)
    school.until_over()
    footer = school.session.board.view
    assert footer is not None
    assert footer.message is not None
    assert footer.state is JobState.FAILED
    place = school.project.trainings
    assert f"Writing to {place} failed: File exists." in school.message
    assert footer.message.remedy == "", "a fault of the program has one"
    school.project.trainings.unlink()
    school.begin(ENDLESS)
    school.until_step()


def test_a_project_that_is_deleted_meanwhile_is_said(school: School) -> None:
    school.paint()
    path = school.project.path
    shutil.rmtree(path)
    assert school.lesson.resume_offer == ""
    try:
        school.begin(SHORT)
    except (TrainingError, StorageError) as error:
        assert str(error)  # noqa: PT017 - said at once, or by the job
        return
    school.until_over()
    footer = school.session.board.view
    assert footer is not None
    assert footer.state is JobState.FAILED
    assert "fault of the program" not in school.message


# ---- the window is closed


def teachers() -> set[int]:
    """Give the processes that teach and belong to this one."""
    import psutil  # noqa: PLC0415 - for this alone

    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.Error):  # it has ended meanwhile
            if "skoots.teach.worker" in child.cmdline() and runs(child.pid):
                found.add(child.pid)
    return found


def test_closing_while_it_trains_ends_the_process_and_leaves_a_state(
    qtbot: QtBot, models_folder: Path, tmp_path: Path
) -> None:
    before = teachers()
    session = ready(qtbot, Session.of(ViewerModel()))
    school = School(qtbot, session, tmp_path, None)
    school.paint()
    school.begin(ENDLESS)
    school.until_step()
    mine = teachers() - before
    assert mine == {school.pid}
    project = school.project
    session.close()
    school.until(lambda: teachers() <= before)
    idle(qtbot)
    (training,) = project.unfinished
    assert (training / "state.pt").is_file()
    load_checkpoint(training / "last.skoots")

    another = ready(qtbot, Session.of(ViewerModel()))
    again = School(qtbot, another, tmp_path, None)
    again.open_image()
    again.exercise.open_project(project.path)
    idle(qtbot)
    assert "rods" in again.lesson.resume_offer
    another.close()
    idle(qtbot)
    school.until(lambda: teachers() <= before)


def test_closed_as_soon_as_it_begins_no_process_is_left(
    qtbot: QtBot, models_folder: Path, tmp_path: Path
) -> None:
    before = teachers()
    session = ready(qtbot, Session.of(ViewerModel()))
    school = School(qtbot, session, tmp_path, None)
    school.paint()
    school.lesson.close()  # as if nobody had warmed it up
    school.until(lambda: teachers() <= before)
    school.lesson._process.worker = None
    school.begin(SHORT)
    session.close()
    idle(qtbot)
    qtbot.wait(200)
    assert teachers() <= before


def test_what_happens_after_closing_starts_no_process(
    qtbot: QtBot, models_folder: Path, tmp_path: Path
) -> None:
    before = teachers()
    session = ready(qtbot, Session.of(ViewerModel()))
    school = School(qtbot, session, tmp_path, None)
    school.paint()
    assert teachers() - before, "it is warm as soon as somebody paints"
    session.close()
    school.until(lambda: teachers() <= before)
    school.exercise.changed.emit()
    session.models.changed.emit()
    session.engine.changed.emit()
    qtbot.wait(100)
    assert teachers() <= before
