"""A real viewer with the panel in it, and a tidy end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def _needs_a_screen(qapp: Any) -> None:
    if qapp.platformName() in ("offscreen", "minimal"):
        pytest.skip("napari draws with OpenGL: run under xvfb-run")


@pytest.fixture
def _no_thread_is_left(qtbot: QtBot) -> Iterator[None]:
    """Threads of jobs have ended when a test has, and their windows are gone."""
    from session_cases import TIMEOUT  # noqa: PLC0415 - needs napari and torch

    def jobs() -> list[str]:
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if name.startswith("skoots:")]

    yield
    qtbot.waitUntil(lambda: not jobs(), timeout=TIMEOUT)


@pytest.fixture
def open_viewer(
    _no_thread_is_left: None,
    models_folder: Path,
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
) -> Iterator[Callable[..., tuple[Any, Any, Any]]]:
    """Open viewers with their panel; give viewer, panel and session."""
    from session_cases import idle, ready  # noqa: PLC0415 - needs napari and torch

    from napari_skoots.controllers.session import Session  # noqa: PLC0415 - likewise

    made: list[Any] = []

    def make(*, wait: bool = True, show: bool = False) -> tuple[Any, Any, Any]:
        viewer = make_napari_viewer(show=show)  # drawn without a GPU it is slow
        _, panel = viewer.window.add_plugin_dock_widget("napari-skoots", "SKOOTS")
        session = Session.of(viewer)
        made.append(session)
        if wait:
            ready(qtbot, session)
        return viewer, panel, session

    yield make
    for session in made:
        session.close()
    made.clear()
    idle(qtbot)
