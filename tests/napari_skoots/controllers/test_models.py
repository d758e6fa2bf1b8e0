"""Models: listed, loaded, imported and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from session_cases import TIMEOUT, idle, save_model

from napari_skoots.controllers.engine import Engine, EngineState
from napari_skoots.controllers.models import Models
from skoots.errors import CheckpointError, ModelExistsError, ModelNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def engine(models_folder: Path) -> Engine:
    made = Engine()
    made.state = EngineState.READY
    return made


@pytest.fixture
def models(qtbot: QtBot, engine: Engine) -> Models:
    made = Models(engine)
    qtbot.waitUntil(lambda: made.pace is not None, timeout=TIMEOUT)
    idle(qtbot)
    return made


def failures(models: Models) -> list[Exception]:
    heard: list[Exception] = []
    models.failed.connect(heard.append)
    return heard


def test_the_first_model_is_loaded_and_timed(models: Models) -> None:
    assert [view.name for view in models.views] == ["tiny"]
    assert models.current == "tiny"
    assert models.facts == "trained at 50 × 20 × 10 nm, objects 10 voxels across"
    assert models.warning == models.problem == ""
    assert models.pace is not None
    assert models.pace > 0


def test_a_model_is_imported_chosen_and_removed(
    qtbot: QtBot, models: Models, tmp_path: Path, models_folder: Path
) -> None:
    models.import_file(save_model(tmp_path / "new", "mine", seed=2))
    qtbot.waitUntil(lambda: models.current == "mine", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)
    assert (models_folder / "mine.skoots").is_file()
    assert [view.removable for view in models.views] == [True, True]
    models.remove()
    assert not (models_folder / "mine.skoots").exists()
    assert models.current == "tiny"
    assert models.checkpoint is not None
    assert (tmp_path / "new" / "mine.skoots").is_file()


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", CheckpointError), (b"PK\x03\x04 no archive", CheckpointError)],
)
def test_a_file_that_is_no_model_is_refused_and_changes_nothing(
    qtbot: QtBot, models: Models, tmp_path: Path, content: bytes, error: Any
) -> None:
    path = tmp_path / "bad.trch"
    path.write_bytes(content)
    failed = failures(models)
    models.import_file(path)
    qtbot.waitUntil(lambda: bool(failed), timeout=TIMEOUT)
    idle(qtbot)
    assert isinstance(failed[0], error)
    assert "bad.trch" in str(failed[0])
    assert [view.name for view in models.views] == ["tiny"]
    assert models.current == "tiny"


def test_another_model_of_the_same_name_is_refused(
    qtbot: QtBot, models: Models, tmp_path: Path
) -> None:
    failed = failures(models)
    models.import_file(save_model(tmp_path / "other", seed=2))
    qtbot.waitUntil(lambda: bool(failed), timeout=TIMEOUT)
    idle(qtbot)
    assert isinstance(failed[0], ModelExistsError)


def test_a_published_model_is_imported(
    qtbot: QtBot, models: Models, shared_dir: Path
) -> None:
    models.import_file(shared_dir / "compat" / "tiny_pypi.trch")
    qtbot.waitUntil(lambda: models.current == "tiny_pypi", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)
    assert models.checkpoint is not None
    assert models.checkpoint.published


def test_a_model_that_is_damaged_says_why_and_another_can_be_chosen(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    (models_folder / "broken.skoots").write_bytes(b"nothing")
    models.refresh()
    failed = failures(models)
    models.choose("broken")
    qtbot.waitUntil(lambda: bool(failed), timeout=TIMEOUT)
    idle(qtbot)
    assert "broken.skoots" in models.problem
    assert models.facts == ""
    models.choose("tiny")
    assert models.problem == ""
    assert models.checkpoint is not None
    save_model(models_folder, "broken", seed=2)  # mended
    models.choose("broken")
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)
    assert models.problem == ""


def test_a_model_file_that_is_gone_says_so(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    save_model(models_folder, "other")
    models.refresh()
    (models_folder / "other.skoots").unlink()
    failed = failures(models)
    models.choose("other")
    qtbot.waitUntil(lambda: bool(failed), timeout=TIMEOUT)
    idle(qtbot)
    assert isinstance(failed[0], ModelNotFoundError)
    assert models.problem


def test_a_model_dropped_before_the_engine_is_there_is_loaded_when_it_is(
    qtbot: QtBot, models_folder: Path, tmp_path: Path
) -> None:
    engine = Engine()
    models = Models(engine)
    assert models.views == []
    models.import_file(save_model(tmp_path / "new", "mine", seed=2))
    qtbot.waitUntil(lambda: models.current == "mine", timeout=TIMEOUT)
    assert models.checkpoint is None
    engine.state = EngineState.READY
    engine.changed.emit()
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)


def test_chosen_quickly_one_after_another_the_last_one_counts(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    for name in ("a", "b"):
        save_model(models_folder, name, seed=ord(name))
    models.refresh()
    for name in ("a", "b", "a", "tiny", "b"):
        models.choose(name)
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)
    assert models.checkpoint is not None
    assert models.checkpoint.name == "b"


def test_a_model_is_found_by_its_digest(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    save_model(models_folder, "other", seed=4)
    models.refresh()
    models.choose("other")
    qtbot.waitUntil(lambda: models.checkpoint is not None, timeout=TIMEOUT)
    idle(qtbot)
    assert models.checkpoint is not None
    digest = models.checkpoint.digest
    models.choose("tiny")
    models.choose_digest(digest)
    assert models.current == "other"
    models.choose_digest("nobody's")
    assert models.current == "other"


def test_a_model_can_be_found_without_being_chosen(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    save_model(models_folder, "other", seed=4)
    models.refresh()
    assert models.find("other") is None, "not before it is read"
    assert models.trouble("other") == ""
    qtbot.waitUntil(lambda: models.find("other") is not None, timeout=TIMEOUT)
    idle(qtbot)
    found, current = models.find("other"), models.find("tiny")
    assert found is not None
    assert found.name == "other"
    assert models.current == "tiny"
    assert current is models.checkpoint
    assert models.find("nobody") is None


def test_why_a_model_cannot_be_found_is_known(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    (models_folder / "broken.skoots").write_bytes(b"no model")
    models.refresh()
    failed = failures(models)
    assert models.find("broken") is None
    qtbot.waitUntil(lambda: models.trouble("broken") != "", timeout=TIMEOUT)
    idle(qtbot)
    assert "broken" in models.trouble("broken")
    assert models.find("broken") is None
    idle(qtbot)
    assert len(failed) == 1, "it is not told again and again"
    assert models.problem == "", "the one that was chosen is fine"


def test_a_model_that_was_removed_and_came_again_is_found(
    qtbot: QtBot, models: Models, models_folder: Path
) -> None:
    path = save_model(models_folder, "other", seed=4)
    models.refresh()
    models.find("other")
    idle(qtbot)
    models.choose("other")
    idle(qtbot)
    models.remove()
    idle(qtbot)
    assert models.find("other") is None
    save_model(path.parent, "other", seed=5)
    models.refresh()
    qtbot.waitUntil(lambda: models.find("other") is not None, timeout=5000)
    idle(qtbot)
