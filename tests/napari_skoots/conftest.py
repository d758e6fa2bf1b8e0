"""A session on a viewer without a window, its folders and its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot
    from session_cases import Gate

    from napari_skoots.controllers.session import Session


@pytest.fixture(autouse=True)
def _preferences_stay() -> Iterator[None]:
    """Begin with the usual preferences, and give back those of who runs the tests."""
    from napari_skoots.controllers import preferences  # noqa: PLC0415 - needs Qt

    section = preferences._section()
    if section is None:
        yield
        return
    before = dict(section)
    for name, field in type(section).model_fields.items():
        setattr(section, name, field.default)
    yield
    for name, value in before.items():
        setattr(section, name, value)


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of models, with one small model and none that is shipped."""
    from session_cases import save_model  # noqa: PLC0415 - needs napari and torch

    from skoots.inference import estimate  # noqa: PLC0415 - imports torch
    from skoots.model import zoo  # noqa: PLC0415 - likewise
    from skoots.run import storage  # noqa: PLC0415 - likewise

    folder = tmp_path / "models"
    monkeypatch.setenv("SKOOTS_MODELS", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(zoo, "shipped_models", list)
    monkeypatch.setattr(estimate, "_BUDGET", 0.02)  # a small network is timed soon
    monkeypatch.setattr(storage, "_sync", lambda path: None)  # nobody pulls the plug
    save_model(folder)
    return folder


@pytest.fixture
def new_session(
    qtbot: QtBot, models_folder: Path
) -> Iterator[Callable[[Any], Session]]:
    """Make sessions of viewers, which are closed in the end, whatever still runs."""
    from session_cases import idle  # noqa: PLC0415 - needs napari and torch

    from napari_skoots.controllers.session import Session  # noqa: PLC0415 - likewise

    made: list[Session] = []

    def make(viewer: Any) -> Session:
        made.append(Session.of(viewer))
        return made[-1]

    yield make
    for session in made:
        session.close()
    idle(qtbot)


@pytest.fixture
def session(qtbot: QtBot, new_session: Callable[[Any], Session]) -> Session:
    """A session whose model is loaded, on a viewer without a window or a layer."""
    from napari.components import ViewerModel  # noqa: PLC0415 - napari may be missing
    from session_cases import ready  # noqa: PLC0415 - likewise

    return ready(qtbot, new_session(ViewerModel()))


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate that is opened when the test ends, so that no thread is left."""
    from session_cases import Gate  # noqa: PLC0415 - needs napari and torch

    made = Gate()
    yield made
    made.open()
