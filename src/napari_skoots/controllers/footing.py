"""The job of a session, shown in a footer: how far it is, or what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.links import Links
from napari_skoots.controllers.progress import explain
from napari_skoots.state.views import JobState, JobView, Level, MessageView

if TYPE_CHECKING:
    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.job_footer import JobFooter

_LOADING = JobView("engine", "Loading engine", JobState.RUNNING, can_stop=False)
_DOCTOR = "Run `skoots doctor` in a terminal: it says what to mend."


class Footing:
    """Keeps a footer up to date until it is released, and obeys its buttons.

    Parameters
    ----------
    footer : JobFooter
        Empty.
    session : Session
        Whose job it shows.
    """

    def __init__(self, footer: JobFooter, session: Session) -> None:
        self._footer = footer
        self._session = session
        board = session.board
        self._links = Links(
            (session.engine.changed, self._show_engine),
            (board.changed, self._show_job),
            (session.models.failed, self._tell),
            (session.told, self._tell),
        )
        footer.pause_requested.connect(board.pause)
        footer.resume_requested.connect(board.resume)
        footer.cancel_requested.connect(board.cancel)
        self._show_engine()
        self._show_job()

    def release(self) -> None:
        """Listen no more: the footer is closed. The job goes on."""
        self._links.release()

    def _show_engine(self) -> None:
        if self._session.board.view is not None:
            return
        engine = self._session.engine
        if engine.state is EngineState.READY:
            self._footer.show_job(None)
        elif engine.state is EngineState.FAILED:
            said = f"The engine cannot be loaded: {engine.problem}"
            self._footer.show_message(MessageView(said, _DOCTOR, Level.ERROR))
        else:
            self._footer.show_job(_LOADING)

    def _show_job(self) -> None:
        view = self._session.board.view
        if view is not None:
            self._footer.show_job(view)

    def _tell(self, error: Exception) -> None:
        if not self._session.board.busy:
            self._footer.show_message(explain(error))
