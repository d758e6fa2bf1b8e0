"""The window of a viewer: it asks before it closes on a job, and ends a session.

napari has no public way to do either. What is used of its insides has been there since
0.6.5; where it is missing, a job is stopped when the program ends, without a question.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board


PLUGIN = "napari-skoots"
PANEL = "SKOOTS"
"""Name of the panel in menus and of its dock."""


def bring_panel(viewer: ViewerModel) -> None:
    """Open the panel of a viewer, or bring it to the front."""
    window: Any = getattr(viewer, "window", None)
    if window is not None:
        dock, _ = window.add_plugin_dock_widget(PLUGIN, PANEL)  # or the one there is
        dock.show()
        dock.raise_()


class Window:
    """Tells napari's list of tasks of the job that runs.

    Parameters
    ----------
    viewer : ViewerModel
        With a window, or without.
    board : Board
        Runs the jobs.
    """

    def __init__(self, viewer: ViewerModel, board: Board) -> None:
        self._window: Any = getattr(viewer, "window", None)
        self._board = board
        self._task: Any = None
        board.began.connect(self._on_began)
        board.freed.connect(self._on_freed)

    def when_gone(self, act: Callable[[], None]) -> None:
        """Do something when the window is gone.

        Where the program ends with the window open, Qt's timers go before the window:
        what `act` still does with them has no meaning, and an error here would abort.
        """

        def gone() -> None:
            with suppress(RuntimeError):  # a timer is deleted
                act()

        shown = getattr(self._window, "_qt_window", None)
        if shown is not None:
            shown.destroyed.connect(gone)

    def _on_began(self, title: str) -> None:
        from napari.utils.task_status import Status  # noqa: PLC0415 - napari is slow

        with suppress(AttributeError):  # no window, or another napari
            self._task = self._window._register_task_status(
                "SKOOTS",
                Status.BUSY,
                f"{title}: closing stops it, and what is done is kept.",
                self._board.cancel,
            )

    def _on_freed(self) -> None:
        from napari.utils.task_status import Status  # noqa: PLC0415 - napari is slow

        task, self._task = self._task, None
        with suppress(AttributeError, RuntimeError):  # likewise, or it is closed
            self._window._update_task_status(task, Status.COMPLETED)
