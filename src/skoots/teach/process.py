"""A worker that teaches, as seen by the process that started it.

It costs no torch to start one: that is imported over there.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.errors import RunBusyError, WorkerError
from skoots.events import CheckpointSaved, TrainStep
from skoots.teach.child import Child
from skoots.teach.frames import Begin, Close, Ended, Failed, Happened, Next

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event, TeachFinished

PATIENCE = 60.0
"""Seconds that a job has to save before its process is ended: it may be validating."""

_TRIES = 2
"""Processes in a row that may die as they start."""


class Worker:
    """A process that teaches; it is started at once, and warm when it is needed.

    May be used from any thread, for one job at a time. When the process has died, the
    next job starts another, or `warm` does; not where two in a row died as they
    started.

    Parameters
    ----------
    threads : int
        Processor threads that may work, where a job does not say; 0: all there are.
        Two at most make it warm.

    Raises
    ------
    WorkerError
        If no process can be started.
    """

    def __init__(self, *, threads: int = 0) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._busy = self._closed = False
        self._failures = 0
        self._child = Child(threads)

    @property
    def ready(self) -> bool:
        """Whether all is imported; a job may be begun before."""
        return self._child.ready

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child.alive

    def teach(
        self, project: str | os.PathLike[str], base: str | None, **wish: Any
    ) -> Generator[Event, Any, TeachFinished]:
        """Teach a model there, as `skoots.teach.teach` does here.

        Parameters
        ----------
        project : path
            The folder of the project.
        base : str or None
            Name or path of the model to begin with; None: from scratch.
        **wish
            What `skoots.teach.teach` takes by name.

        Yields
        ------
        Event
            Those of `skoots.teach.teach`, which hears what is sent. While no next one
            is asked for the training waits; closing saves and stops it.

        Returns
        -------
        TeachFinished

        Raises
        ------
        SkootsError
            Those of `skoots.teach.teach`.
        RunBusyError
            If it is teaching already.
        WorkerError
            If the process died or was closed, or an error was raised that nobody
            foresaw.
        """
        arguments = {"project": os.fspath(project), "base": base}
        return self._job(Begin("teach", self._with_threads(arguments, wish)))

    def go_on(
        self,
        project: str | os.PathLike[str],
        training: str | os.PathLike[str],
        **wish: Any,
    ) -> Generator[Event, Any, TeachFinished]:
        """Go on with a training there, as `skoots.teach.go_on` does here.

        Parameters
        ----------
        project, training : path
            The folders of both.
        **wish
            What `skoots.teach.go_on` takes by name.

        Yields
        ------
        Event

        Returns
        -------
        TeachFinished

        Raises
        ------
        SkootsError
            As `teach`.
        """
        arguments = {"project": os.fspath(project), "training": Path(training)}
        return self._job(Begin("go_on", self._with_threads(arguments, wish)))

    def warm(self) -> None:
        """Start the process anew if it has died, so that it is ready for a job.

        Raises
        ------
        WorkerError
            If two in a row died as they started, or the worker was closed.
        """
        with self._lock:
            self._revive()

    def close(self, patience: float = PATIENCE) -> None:
        """Let a job save and end the process; at once where there is no job.

        Parameters
        ----------
        patience : float
            Seconds that a job has.
        """
        with self._lock:
            self._closed = True
            working = self._busy
        self._child.close(patience if working else 1.0, working=working)

    def _with_threads(
        self, arguments: dict[str, Any], wish: dict[str, Any]
    ) -> dict[str, Any]:
        return {**arguments, "threads": self._threads, **wish}

    def _job(self, begin: Begin) -> Generator[Event, Any, TeachFinished]:
        child = self._taken()
        learned = saved = begin.task == "go_on"
        try:
            reply = child.ask(begin, learned=learned, saved=saved)
            sent: object = None
            while not isinstance(reply, Failed):
                reply = child.ask(Next(sent), learned=learned, saved=saved)
                match reply:
                    case Ended(result=result):
                        return result
                    case Happened(event=event):
                        learned = learned or isinstance(event, TrainStep)
                        saved = saved or isinstance(event, CheckpointSaved)
                        sent = yield event
            raise reply.error
        except GeneratorExit:
            if not self._closed:  # else it has saved by itself
                _close(child, learned=learned, saved=saved)
            raise
        finally:
            self._busy = False

    def _taken(self) -> Child:
        """Give the process to a job, started anew if it has died."""
        with self._lock:
            if self._busy:
                raise RunBusyError(
                    "A model is being taught already. Wait for it, or stop it."
                )
            self._revive()
            self._busy = True
            return self._child

    def _revive(self) -> None:
        if self._closed:
            raise WorkerError("The worker was closed. Start another.")
        if self._child.alive:
            return
        self._child.close(0)
        self._failures = self._failures + 1 if self._child.failed else 0
        if self._failures >= _TRIES:
            raise WorkerError(
                "The process that teaches died twice as it started. Most often memory "
                "is short or the installation is damaged: close other programs, or "
                "install SKOOTS anew, and start the program again."
                f"{self._child.said}"
            )
        self._child = Child(self._threads)


def _close(child: Child, *, learned: bool, saved: bool) -> None:
    reply = child.ask(Close(), learned=learned, saved=saved)
    if isinstance(reply, Failed):
        raise reply.error
