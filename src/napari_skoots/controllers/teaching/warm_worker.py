"""The process that teaches, begun before it is needed: it imports for seconds."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from skoots.errors import SkootsError, WorkerError

if TYPE_CHECKING:
    from skoots.teach.process import Worker


class WarmWorker:
    """Has the process of a viewer, from when somebody paints until it is closed."""

    def __init__(self) -> None:
        self._hiring = threading.Lock()
        self._closed = False
        self._failed = False
        self.worker: Worker | None = None
        """The process, if it was begun."""

    def need(self) -> Worker:
        """Give the process; called in the thread of a job as well.

        Raises
        ------
        WorkerError
            If the viewer was closed, or the process cannot be begun.
        """
        from skoots.teach.process import Worker  # noqa: PLC0415 - imports the engine

        with self._hiring:
            if self._closed:
                raise WorkerError("The viewer was closed before the training began.")
            if self.worker is None:
                self.worker = Worker(threads=threads())
            return self.worker

    def warm_up(self) -> None:
        """Begin the process, unless that failed since the last training."""
        if self._closed or self._failed:
            return
        try:
            self.need()
        except SkootsError:  # a training will say it
            self._failed = True

    def try_again(self) -> None:
        """Let the process be begun once more where that failed."""
        self._failed = False

    def close(self) -> None:
        """End the process; the viewer is closed."""
        with self._hiring:
            self._closed = True
            worker, self.worker = self.worker, None
        if worker is not None:
            # it may be saving; the program waits for this thread, the window does not
            threading.Thread(target=worker.close, name="skoots: teach no more").start()


def threads() -> int:
    """Leave a core to the window."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return max(1, (os.cpu_count() or 1) - 1)
