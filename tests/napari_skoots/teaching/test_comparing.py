"""Before and after a training: seen, kept under a name, or thrown away."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from lesson_cases import MODEL, School
from qtpy.QtWidgets import QPushButton
from session_cases import idle

from napari_skoots.controllers.teach_docked import TeachDocked
from napari_skoots.controllers.teaching.running_training import Taught
from napari_skoots.layers.source import is_overlay
from napari_skoots.state.teaching import SCRATCH, Side
from napari_skoots.state.views import Level
from napari_skoots.widgets.teach_comparison import verdict
from napari_skoots.widgets.teach_panel import TeachPanel
from skoots.errors import (
    CheckpointError,
    ModelExistsError,
    RunError,
    SkootsError,
    StorageError,
)
from skoots.model import shelf
from skoots.model.checkpoint import load_checkpoint
from skoots.run import storage
from skoots.teach import TeachProject, keeping
from skoots.teach.comparison_record import read_comparison
from skoots.teach.record import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from napari_skoots.state.teaching import ComparisonView

T = TypeVar("T")

NAMES = {"before teaching": Side.BEFORE, "after teaching": Side.AFTER}


def view_of(school: School) -> ComparisonView:
    found = school.comparing.view
    assert found is not None
    return found


def seen(school: School) -> set[str]:
    return {layer.name for layer in school.viewer.layers if layer.name in NAMES}


def shown(school: School) -> set[str]:
    layers = school.viewer.layers
    return {layer.name for layer in layers if layer.name in NAMES and layer.visible}


def training(school: School) -> Path:
    return school.project.trainings / "001"


# ---- looking


PLACES = {
    "as it is": {},
    "scaled": {"scale": (0.05, 0.02, 0.02)},
    "shifted": {"scale": (0.05, 0.02, 0.02), "translate": (1.0, -2.0, 3.0)},
}


@pytest.mark.parametrize("place", PLACES)
def test_both_lie_where_they_were_found(
    qtbot: QtBot, session: Session, taught_project: Path, tmp_path: Path, place: str
) -> None:
    school = School(qtbot, session, tmp_path, None)
    school.compare(taught_project, **PLACES[place])
    (part,) = read_comparison(training(school)).parts
    found = np.load(part.path)
    image = session.images.layer
    assert image is not None
    assert seen(school) == set(NAMES)
    for name, side in NAMES.items():
        layer = school.viewer.layers[name]
        np.testing.assert_array_equal(layer.data, found[side.value])
        for corner in (0, 1):
            voxel = [bounds[corner] - corner for bounds in part.box_zyx]
            last = corner * (np.array(layer.data.shape) - 1)
            np.testing.assert_allclose(
                layer.data_to_world(last), image.data_to_world(voxel)
            )
        assert is_overlay(layer)
    low, high = (image.data_to_world([b[k] for b in part.box_zyx])[0] for k in (0, 1))
    assert low <= session.viewer.dims.point[0] < high, "a plane of it is seen"


def test_one_side_is_seen_at_a_time(compared: School) -> None:
    assert view_of(compared).side is Side.AFTER
    assert shown(compared) == {"after teaching"}
    compared.comparing.toggle()
    assert (view_of(compared).side, shown(compared)) == (
        Side.BEFORE,
        {"before teaching"},
    )
    compared.comparing.toggle()
    assert shown(compared) == {"after teaching"}
    compared.comparing.show(Side.BEFORE)
    compared.comparing.show(Side.BEFORE)
    assert shown(compared) == {"before teaching"}


def test_b_switches_only_while_they_are_compared(compared: School) -> None:
    image = compared.session.images.layer
    compared.press("B")
    assert shown(compared) == {"before teaching"}
    compared.press("B", image)
    assert shown(compared) == {"after teaching"}
    compared.press("B", compared.viewer.layers["after teaching"])
    assert shown(compared) == {"before teaching"}
    compared.comparing.discard()
    compared.press("B", image)
    assert compared.comparing.view is None


def test_a_side_that_the_user_removed_is_no_trouble(compared: School) -> None:
    compared.viewer.layers.remove("before teaching")
    compared.comparing.toggle()
    assert shown(compared) == set()
    compared.comparing.toggle()
    assert shown(compared) == {"after teaching"}
    compared.comparing.discard()
    assert seen(compared) == set()


def test_only_sides_that_are_there_can_be_chosen(compared: School) -> None:
    heard: list[tuple[Side, ...]] = []
    compared.comparing.changed.connect(lambda: heard.append(view_of(compared).there))
    layers = {name: compared.viewer.layers[name] for name in NAMES}
    assert view_of(compared).there == (Side.BEFORE, Side.AFTER)
    compared.viewer.layers.remove("before teaching")
    assert view_of(compared).there == (Side.AFTER,)
    compared.viewer.layers.remove("after teaching")
    assert view_of(compared).there == ()
    compared.viewer.add_layer(layers["after teaching"])
    assert heard == [(Side.AFTER,), (), (Side.AFTER,)]


def test_where_another_image_is_chosen_it_is_said_whose_they_are(
    compared: School,
) -> None:
    heard: list[tuple[Side, ...]] = []
    mine = compared.session.images.layer
    assert mine is not None
    other = compared.viewer.add_image(np.zeros((8, 16, 16), np.uint8), name="other")
    compared.comparing.changed.connect(lambda: heard.append(view_of(compared).there))
    compared.session.images.choose(str(other.unique_id))
    idle(compared.qtbot)
    assert (view_of(compared).there, view_of(compared).elsewhere) == ((), "rods")
    compared.session.images.choose(str(mine.unique_id))
    idle(compared.qtbot)
    assert view_of(compared).there == (Side.BEFORE, Side.AFTER)
    assert view_of(compared).elsewhere == ""
    assert set(heard) == {(), (Side.BEFORE, Side.AFTER)}, "never one of them alone"


def test_scores_are_those_of_the_training(compared: School) -> None:
    result = read_comparison(training(compared))
    view = view_of(compared)
    assert result.before is not None
    assert view.before is not None
    for score, said in ((view.before, result.before), (view.after, result.after)):
        assert score.f1 == said["f1_50"]
        assert (score.found, score.true, score.predicted) == (
            said["found"],
            said["objects_truth"],
            said["objects_predicted"],
        )
    assert (view.improved, view.held_out) == (result.improved, True)


def test_where_nothing_was_held_out_there_is_nothing_to_see(compared: School) -> None:
    result = read_comparison(training(compared))
    nothing = replace(result, before=None, after={}, parts=())
    compared.say(nothing)
    assert seen(compared) == set()
    assert (view_of(compared).held_out, view_of(compared).before) == (False, None)
    assert view_of(compared).there == ()


def test_it_outlives_the_panel(compared: School, qtbot: QtBot) -> None:
    def texts(panel: TeachPanel) -> set[str]:
        found = panel.findChildren(QPushButton)
        return {each.text() for each in found if each.isVisibleTo(panel)}

    for _ in range(2):
        panel = TeachPanel()
        TeachDocked(panel, compared.session)
        qtbot.addWidget(panel)
        assert {"Keep", "Discard"} <= texts(panel)
        panel.close()
        panel.deleteLater()
        qtbot.wait(20)
    assert seen(compared) == set(NAMES)
    compared.press("B")
    assert shown(compared) == {"before teaching"}


def test_it_names_the_model_that_the_training_began_with(compared: School) -> None:
    result = read_comparison(training(compared))
    compared.lesson.choose_base(SCRATCH)
    compared.say(result)
    assert view_of(compared).base == MODEL


# ---- kept


def kept(school: School, name: str = "mine") -> Path:
    school.comparing.keep(name)
    found = name.strip()
    school.until_over()
    assert school.session.models.current == found, school.message
    return school.project.models / f"{found}.skoots"


def test_what_is_kept_has_a_card_and_is_chosen(
    compared: School, models_folder: Path
) -> None:
    heard: list[str] = []
    compared.comparing.changed.connect(lambda: heard.append(view_of(compared).kept))
    assert view_of(compared).name == "rods"
    path = kept(compared, "  mine ")
    assert view_of(compared).kept == heard[-1] == "mine"
    assert load_checkpoint(path).provenance["taught"]
    assert "rods" in path.with_suffix(".md").read_text(encoding="utf-8")
    assert (models_folder / "mine.skoots").is_file()
    assert compared.session.models.checkpoint is not None
    assert compared.session.models.checkpoint.digest == load_checkpoint(path).digest
    assert compared.told == []
    assert ("mine", "mine") in compared.lesson.bases
    assert seen(compared) == set(NAMES), "both can still be looked at"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("", CheckpointError, "cannot be the name"),
        ("   ", CheckpointError, "cannot be the name"),
        ("a/b", CheckpointError, "cannot be the name"),
        (".hidden", CheckpointError, "cannot be the name"),
        ("con", CheckpointError, "cannot be the name"),
        (MODEL, ModelExistsError, "Give this one another name"),
        (MODEL.upper(), ModelExistsError, "Give this one another name"),
    ],
)
def test_a_name_that_cannot_be_is_said_and_nothing_is_lost(
    compared: School, name: str, error: type[SkootsError], words: str
) -> None:
    before = view_of(compared)
    with pytest.raises(error, match=words):
        compared.comparing.keep(name)
    assert view_of(compared) == before
    assert (training(compared) / "best.skoots").is_file()
    assert not list(compared.project.models.glob("*"))


def test_kept_twice_each_name_is_taken_once(compared: School) -> None:
    first = kept(compared)
    content = first.read_bytes()
    with pytest.raises(ModelExistsError, match="another name"):
        compared.comparing.keep("mine")
    assert first.read_bytes() == content
    second = kept(compared, "mine too")
    assert view_of(compared).kept == "mine too"
    assert first.read_bytes() == content
    assert second.is_file()


def test_where_the_disk_is_full_it_can_be_kept_later(
    compared: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_sync", full)
        compared.comparing.keep("mine")
        compared.until_over()
    assert "full" in compared.message
    assert view_of(compared).kept == ""
    kept(compared)
    assert view_of(compared).kept == "mine"


def refused(school: School) -> None:
    """The model cannot be kept, and the card stays."""
    school.comparing.keep("mine")
    school.until_over()
    assert "is no training" in school.message
    assert view_of(school).kept == ""


def test_after_a_training_that_somebody_deleted_the_next_can_begin(
    compared: School, worker: Any
) -> None:
    compared.lesson._process.worker = compared._worker = worker
    shutil.rmtree(training(compared))
    refused(compared)
    compared.comparing.discard()
    assert compared.comparing.view is None
    assert compared.told == [], "there is nothing to delete"
    compared.until(lambda: compared.lesson.wish.blocked == "")
    compared.taught()
    assert view_of(compared).kept == ""


def test_a_training_that_somebody_damaged_is_said_and_stands_in_nobodys_way(
    compared: School,
) -> None:
    (training(compared) / RECORD).unlink()
    refused(compared)
    compared.comparing.discard()
    assert compared.comparing.view is None
    (said,) = compared.told
    assert f"{training(compared)} is no training" in said
    assert "Remove it by hand" in said
    assert training(compared).is_dir(), "what is no training is not deleted"
    compared.until(lambda: compared.lesson.wish.blocked == "")


def test_what_cannot_be_deleted_is_said_and_stands_in_nobodys_way(
    compared: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(keeping.shutil, "rmtree", forbidden)
    compared.comparing.discard()
    (said,) = compared.told
    assert f"{training(compared)} cannot be deleted: Permission denied." in said
    assert compared.comparing.view is None
    assert not compared.lesson.undecided
    assert "neither kept nor discarded" in compared.lesson.resume_offer


def test_a_folder_that_goes_before_the_end_is_shown_is_no_trouble(
    compared: School,
) -> None:
    result = read_comparison(training(compared))
    shutil.rmtree(training(compared))
    compared.say(result)
    assert (view_of(compared).base, view_of(compared).after.f1) == (
        "",
        result.after["f1_50"],
    )


def cancelled_after(act: Callable[..., T], school: School) -> Callable[..., T]:
    """Give a function during which the user presses Cancel."""

    def acted(*values: Any) -> T:
        result = act(*values)
        job = school.session.board._job
        assert job is not None
        job.cancel()
        return result

    return acted


def test_who_cancels_when_it_is_kept_already_has_it_kept(
    compared: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "keep", cancelled_after(keeping.keep, compared))
    kept(compared)
    assert "mine.skoots is in the project" in compared.message
    assert view_of(compared).kept == "mine"
    assert not compared.lesson.undecided


def test_who_cancels_before_has_it_not_kept(compared: School) -> None:
    compared.comparing.keep("mine")
    with pytest.raises(RunError, match="being kept"):
        compared.comparing.discard()
    compared.session.board.cancel()
    compared.until_over()
    there = (compared.project.models / "mine.skoots").exists()
    assert (view_of(compared).kept == "mine") == there
    assert ("not kept" in compared.message) != there


def test_what_is_kept_but_cannot_be_copied_is_kept(
    compared: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise StorageError("The model cannot be copied: the disk is full.")

    before = compared.session.models.current
    monkeypatch.setattr(shelf, "import_model", full)
    compared.comparing.keep("mine")
    compared.until_over()
    path = compared.project.models / "mine.skoots"
    footer = compared.session.board.view
    assert footer is not None
    assert footer.message is not None
    assert footer.message.level is Level.WARNING
    assert str(path) in footer.message.text
    assert "the disk is full" in footer.message.text
    assert path.is_file()
    assert (view_of(compared).kept, view_of(compared).chosen) == ("mine", False)
    assert verdict(view_of(compared)).text == "Kept as mine."
    assert not compared.lesson.undecided
    assert compared.session.models.current == before
    with pytest.raises(RunError, match="Import it"):
        compared.comparing.segment_again()


def test_without_a_training_there_is_nothing_to_keep(school: School) -> None:
    with pytest.raises(RunError, match="no model to keep"):
        school.comparing.keep("mine")
    school.comparing.discard()
    school.comparing.toggle()
    school.comparing.show(Side.BEFORE)
    assert school.comparing.view is None


def test_another_project_that_is_opened_meanwhile_gets_nothing(
    compared: School,
) -> None:
    mine, example = compared.project, compared.example.path
    result = read_comparison(training(compared))
    compared.comparing.dismiss()
    other = TeachProject.create(compared.folder / "other.skoots-project")
    compared.exercise.open_project(other.path)
    idle(compared.qtbot)
    compared.lesson.finished.emit(Taught(mine, example, result))
    assert seen(compared) == set(), "what it found is not of this project"
    assert view_of(compared).name == "rods"
    compared.comparing.keep("mine")
    compared.until_over()
    assert (mine.models / "mine.skoots").is_file()
    assert not other.models.exists()


def test_another_day_it_is_compared_with_the_curves_of_its_training(
    compared: School, worker: Any
) -> None:
    compared.lesson._process.worker = compared._worker = worker
    compared.comparing.dismiss()
    assert compared.lesson.resume_answer == "Compare and decide"
    compared.go_on()
    compared.until_over()
    assert compared.comparing.view is not None
    lesson = compared.lesson.view
    assert lesson is not None
    assert (lesson.step, lesson.running) == (10, False)
    assert lesson.seconds > 0
    assert len(lesson.loss) == 1
    assert lesson.best_at == lesson.seconds, "it was improved"
    assert lesson.score[-1][0] == lesson.seconds


# ---- thrown away


def test_what_is_discarded_is_gone_and_what_was_painted_stays(
    compared: School,
) -> None:
    painted = np.asarray(compared.example.labels[:]).copy()
    place = training(compared)
    compared.comparing.discard()
    assert compared.comparing.view is None
    assert not place.exists()
    assert seen(compared) == set()
    np.testing.assert_array_equal(np.asarray(compared.example.labels[:]), painted)
    assert compared.lesson.resume_offer == ""


def test_what_was_kept_is_not_discarded(compared: School) -> None:
    path = kept(compared)
    compared.comparing.discard()
    assert compared.comparing.view is None
    assert path.is_file()
    assert training(compared).is_dir(), "with its scores"
    assert compared.session.models.current == "mine"


# ---- and again


def test_a_kept_model_is_taught_on(compared: School, worker: Any) -> None:
    compared.lesson._process.worker = worker
    compared._worker = worker
    kept(compared)
    assert compared.lesson.base == "mine", "who teaches on begins with it"
    compared.until(lambda: compared.lesson.wish.blocked == "")
    compared.taught()
    view = view_of(compared)
    assert view.base == "mine"
    assert view.kept == ""
    assert view.name == "rods"
    assert view.before is not None
    path = kept(compared, "second")
    taught = load_checkpoint(path).provenance["taught"]
    assert isinstance(taught, dict)
    assert taught["parent"]["name"] == "mine"
    assert taught["training"] == "002"
