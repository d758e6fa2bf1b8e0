"""How long a job works, without the time in which nobody asks it to go on."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event

T = TypeVar("T")


class Stopwatch:
    """Counts seconds while it runs."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """Counted so far."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._before + running

    def start(self) -> None:
        """Go on counting."""
        self._since = time.monotonic()

    def stop(self) -> None:
        """Count no more."""
        self._before, self._since = self.seconds, None


def timed(job: Generator[Event, Any, T], watch: Stopwatch) -> Generator[Event, Any, T]:
    """Run a job, and a watch while it works: a pause of its listener does not count.

    Parameters
    ----------
    job : generator
        It hears what is sent, and is closed with this.
    watch : Stopwatch
        Stands still meanwhile.
    """
    sent: Any = None
    with closing(job):
        while True:
            watch.start()
            try:
                event = job.send(sent)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                watch.stop()
            sent = yield event
