"""Leave when the system says so, but not in the middle of a step."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Leaving:
    """Hears SIGTERM: it ends the process at once, or, while a job works, later.

    A job saves when it is closed between two steps. An exception that a signal raises
    in the middle of one would end it instead, and nothing be saved.

    Attributes
    ----------
    asked : bool
        Whether the signal came; whoever works looks here when it may stop.
    """

    def __init__(self) -> None:
        self.asked = False
        self._working = False

    def hear(self, *_: object) -> None:
        """Take the signal.

        Raises
        ------
        SystemExit
            If nothing works, and only once: what is being closed is closed to its end.
        """
        before, self.asked = self.asked, True
        if not (before or self._working):
            raise SystemExit(0)

    @contextmanager
    def later(self) -> Iterator[None]:
        """Do not leave before this has ended."""
        self._working = True
        try:
            yield
        finally:
            self._working = False
