"""A model that was taught gets a name, or goes."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skoots.errors import (
    CheckpointError,
    ModelExistsError,
    RunBusyError,
    StorageError,
    TrainingError,
)
from skoots.events import StageStarted, TeachFinished, result_of
from skoots.model.checkpoint import load_checkpoint
from skoots.run.storage import write_atomically
from skoots.teach import TeachProject, discard, keep, teach
from skoots.teach.clearing import clear_before
from skoots.teach.comparison_record import read_comparison
from skoots.teach.keeping import free_place
from skoots.train.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable


def _judged(training: Path, model: str, *, improved: bool) -> None:
    """Let a comparison have come out so."""
    place = training / "comparison.json"
    said = json.loads(place.read_text()) | {"model": model, "improved": improved}
    place.write_text(json.dumps(said))


@pytest.fixture
def finished(project: TeachProject, taught: TeachFinished) -> TeachFinished:
    # ten steps may help or not: let it be the better one
    _judged(taught.training, "last.skoots", improved=True)
    assert project.pending == taught.training
    return read_comparison(taught.training)


def test_what_is_no_better_is_not_kept(
    project: TeachProject, finished: TeachFinished, base: Path
) -> None:
    _judged(finished.training, str(base), improved=False)
    with pytest.raises(TrainingError, match=f"no better model than {base.stem}"):
        keep(project, finished.training, "rods")
    assert not project.models.exists()
    assert (finished.training / "last.skoots").is_file()


def test_a_model_is_kept_with_where_it_comes_from(
    project: TeachProject, base: Path, finished: TeachFinished
) -> None:
    older = [finished.training.with_name(name) for name in ("000", "0000")]
    for place in older:
        shutil.copytree(finished.training, place)
        (place / "comparison.json").unlink()
    path = keep(project, finished.training, "rods 2")
    assert path == project.models / "rods 2.skoots"
    taught = load_checkpoint(path).provenance["taught"]
    assert isinstance(taught, dict)
    assert taught["parent"] == {
        "name": base.stem,
        "digest": load_checkpoint(base).digest,
    }
    assert (taught["objects"], taught["boxes"]) == (3, 2)
    assert taught["examples"] == ["rods"], "nothing is painted in the other one"
    assert taught["after"] == dict(finished.after)
    card = path.with_suffix(".md").read_text()
    assert card.startswith("# rods 2\n")
    assert "3 objects in 2 boxes of `rods`; 1 part held out" in card
    assert "of 2 |" in card
    assert "scored on 2 objects" in card
    assert not (finished.training / "data").exists()
    assert not (finished.training / "state.pt").exists()
    assert project.unfinished[0] in older, "with which --resume goes on"
    assert len(project.unfinished) == 1, "the others are done with"
    assert not project.undecided
    assert project.pending is None


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_could_not_be_kept_leaves_its_name_free(
    project: TeachProject,
    finished: TeachFinished,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    error: BaseException,
) -> None:
    record = finished.training / "comparison.json"
    said = record.read_bytes()
    _fail_once(monkeypatch, record, when, error)
    with pytest.raises((StorageError, KeyboardInterrupt)) as caught:
        keep(project, finished.training, "rods")
    assert "Errno" not in str(caught.value)
    if isinstance(error, OSError):
        assert "keep it again" in str(caught.value)
        assert "train again" not in str(caught.value)
    assert list(project.models.iterdir()) == []
    assert record.read_bytes() == said
    assert read_comparison(finished.training).model.is_file()
    assert keep(project, finished.training, "rods").is_file()


def test_a_model_that_its_training_names_is_never_deleted(
    project: TeachProject, finished: TeachFinished, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = finished.training / "comparison.json"
    _fail_once(monkeypatch, record, "after", OSError(errno.EIO, "broken"))

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr("skoots.teach.keeping.write_atomically", _unless(record, fail))
    with pytest.raises(StorageError):
        keep(project, finished.training, "rods")
    assert read_comparison(finished.training).model == project.models / "rods.skoots"
    load_checkpoint(project.models / "rods.skoots")


def _fail_once(
    patch: pytest.MonkeyPatch, path: Path, when: str, error: BaseException
) -> None:
    """Let a file fail once to get its name, or to keep it when power is cut."""
    plain, failed = Path.replace, []

    def replace(partial: Path, target: Path) -> Path:
        first = target == path and not failed
        if first:
            failed.append(target)
        if not first or when == "after":
            plain(partial, target)
        if first:
            raise error
        return target

    patch.setattr(Path, "replace", replace)


def _unless(record: Path, fail: Callable[..., None]) -> Callable[[Path, bytes], None]:
    """Write all but one file, for which something else is done."""

    def write(path: Path, content: bytes) -> None:
        (fail if path == record else write_atomically)(path, content)

    return write


def test_what_was_kept_is_kept_whatever_lies_beside_it(
    project: TeachProject, finished: TeachFinished
) -> None:
    other = finished.training.with_name("latest")
    shutil.copytree(finished.training, other)
    assert keep(project, other, "rods").is_file()


def test_what_is_being_compared_is_not_taken_away(
    project: TeachProject, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = teach(project, str(base), seconds=1e-6, device="cpu", threads=1)
    next(e for e in job if isinstance(e, StageStarted) and e.stage == "compare")
    (training,) = project.unfinished
    resumed = training.with_name("002")
    shutil.copytree(training, resumed)  # of two, one may be gone on with
    with pytest.raises(RunBusyError, match="Another process"):
        discard(training)
    clear_before(project, training.with_name("003"))
    assert (training / "last.skoots").is_file()
    finished = result_of(job)
    assert isinstance(finished, TeachFinished)
    assert finished.training == training
    _judged(training, "last.skoots", improved=True)
    assert keep(project, training, "rods").is_file()


def test_what_was_found_is_still_there_when_it_is_kept(
    project: TeachProject, finished: TeachFinished, tmp_path: Path
) -> None:
    path = keep(project, finished.training, "rods")
    again = read_comparison(finished.training)
    assert again.model == path.resolve()
    assert again.after == finished.after
    assert all(part.path.is_file() for part in again.parts)
    moved = tmp_path / "elsewhere.skoots-project"
    shutil.move(project.path, moved)
    assert read_comparison(moved / "trainings" / "001").model.is_file()
    load_checkpoint(keep(TeachProject(moved), moved / "trainings" / "001", "other"))


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", ".hidden", "a:b", "end.", " a", "NUL", "com1"]
)
def test_what_can_be_no_file_is_no_name(project: TeachProject, name: str) -> None:
    with pytest.raises(CheckpointError, match="cannot be the name"):
        free_place(project, name)


@pytest.mark.parametrize("name", ["mine", "MINE", "mito-em"])
def test_a_name_is_given_once(project: TeachProject, name: str) -> None:
    project.models.mkdir()
    (project.models / "mine.skoots").touch()
    with pytest.raises(ModelExistsError, match="another name"):
        free_place(project, name)


def test_a_training_that_is_discarded_is_gone(
    project: TeachProject, finished: TeachFinished
) -> None:
    with (
        Project(finished.training).locked(),
        pytest.raises(RunBusyError, match="Another process"),
    ):
        discard(finished.training)
    discard(finished.training)
    assert not finished.training.exists()
    with pytest.raises(TrainingError, match="no training"):
        discard(project.path)
    assert project.examples


def test_what_was_not_compared_cannot_be_kept(
    project: TeachProject, finished: TeachFinished
) -> None:
    (finished.training / "comparison.json").unlink()
    with pytest.raises(TrainingError, match="missing or damaged"):
        keep(project, finished.training, "rods")
    assert project.unfinished == (finished.training,)
