"""The jobs that find, make and fill examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_skoots.controllers.board import Board
    from napari_skoots.jobs import Start


class OpeningJobs:
    """One job that opens and one that searches; what is begun anew replaces it.

    Parameters
    ----------
    board : Board
        Runs and shows what takes long.
    """

    failed = Signal(object)
    """The exception that ended a job which the board does not show."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._opening: Job | None = None
        self._search: Job | None = None

    def open(self, title: str, start: Start, finish: Callable[[Any], object]) -> None:
        """Open an example, which takes a moment."""
        self._opening = self._replace(self._opening, title, start, finish)

    def search(self, start: Start, finish: Callable[[Any], object]) -> None:
        """Look for an example."""
        self._search = self._replace(self._search, "Find the example", start, finish)

    def show(self, title: str, start: Start, finish: Callable[[Any], object]) -> None:
        """Do what takes long, on the board.

        Raises
        ------
        RunError
            If another job runs there.
        """
        job = Job(start, title)
        job.returned.connect(finish)
        self._board.run(job, pausable=False, kept="What was copied stays.")

    def drop(self) -> None:
        """Hear of no job any more."""
        for job in (self._opening, self._search):
            if job is not None:
                job.leave()
        self._opening = self._search = None

    def _replace(
        self,
        before: Job | None,
        title: str,
        start: Start,
        finish: Callable[[Any], object],
    ) -> Job:
        if before is not None:
            before.leave()
        job = Job(start, title)
        job.returned.connect(finish)
        job.failed.connect(self.failed.emit)
        job.start()
        return job
