"""An exercise that is closed in the end, and a session that teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exercise_cases import Taught
    from lesson_cases import School
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from skoots.teach.process import Worker


@pytest.fixture
def taught(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Taught]:
    """An exercise on a viewer without a window or a layer."""
    from exercise_cases import Taught  # noqa: PLC0415 - needs napari

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = Taught(qtbot, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of models that the workers know, with one for rods."""
    from lesson_cases import rods_model  # noqa: PLC0415 - needs napari and torch

    return rods_model(tmp_path_factory.mktemp("shared") / "models").parent


@pytest.fixture(scope="session")
def workers() -> Iterator[list[Worker]]:
    """The processes that the tests here have used; the last one may live.

    Idle, until all tests have ended: another for each module takes eight seconds.
    """
    made: list[Worker] = []
    yield made
    for worker in made:
        worker.close()


@pytest.fixture
def worker(workers: list[Worker], models_folder: Path) -> Worker:
    """A process that the tests here use one after the other, until one dies."""
    from skoots.teach.process import Worker  # noqa: PLC0415 - as the fixture above

    if not workers or not workers[-1].alive:
        workers.append(Worker(threads=1))
    return workers[-1]


@pytest.fixture(scope="session")
def taught_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a training that has ended; for copies."""
    from lesson_cases import teach_rods  # noqa: PLC0415 - needs napari and torch

    return teach_rods(tmp_path_factory.mktemp("taught"))


@pytest.fixture
def compared(
    qtbot: QtBot, session: Session, taught_project: Path, tmp_path: Path
) -> Iterator[School]:
    """A session in which that training has just ended."""
    from lesson_cases import School  # noqa: PLC0415 - needs napari and torch

    made = School(qtbot, session, tmp_path, None)
    made.compare(taught_project)
    yield made
    made.close()


@pytest.fixture
def models_folder(
    shared_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The user's folder of models, which the worker knows; what is kept goes again."""
    from lesson_cases import MODEL  # noqa: PLC0415 - needs napari and torch

    from skoots.inference import estimate  # noqa: PLC0415 - imports torch
    from skoots.model import zoo  # noqa: PLC0415 - likewise
    from skoots.run import storage  # noqa: PLC0415 - likewise

    monkeypatch.setenv("SKOOTS_MODELS", str(shared_models))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(zoo, "shipped_models", list)
    monkeypatch.setattr(estimate, "_BUDGET", 0.02)  # a small network is timed soon
    monkeypatch.setattr(storage, "_sync", lambda path: None)  # nobody pulls the plug
    yield shared_models
    for file in shared_models.iterdir():
        if file.stem != MODEL:
            file.unlink()


@pytest.fixture
def school(
    qtbot: QtBot, session: Session, worker: Worker, tmp_path: Path
) -> Iterator[School]:
    """A session whose lesson has a warm worker; nothing is open yet."""
    from lesson_cases import School  # noqa: PLC0415 - needs napari and torch

    made = School(qtbot, session, tmp_path, worker)
    yield made
    made.close()
