"""What a user changes goes to disk soon after, and again where that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.teaching.later import Later
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Callable

_AGAIN_MS = 5000
"""What could not be stored is tried again so long after."""


class StoredSoon:
    """Stores a moment after the last change; says once what forbids it.

    Parameters
    ----------
    milliseconds : int
        The moment.
    store : callable
        Writes what was changed; raises a SkootsError where that cannot be done.
    failed : callable
        Is given that error.
    """

    def __init__(
        self,
        milliseconds: int,
        store: Callable[[], None],
        failed: Callable[[SkootsError], object],
    ) -> None:
        self._store = store
        self._failed = failed
        self._timer = Later(milliseconds, self._try)
        self._said = False
        self.unstored = False
        """Whether something that was changed is not on the disk yet."""

    def ask(self) -> None:
        """Store soon: something was changed."""
        self.unstored = True
        self._timer.ask()

    def write(self) -> None:
        """Store what is not on the disk yet.

        Raises
        ------
        SkootsError
            If that cannot be done.
        """
        if not self.unstored:
            return
        self._timer.forget()
        self.unstored = False  # before, for who hears of it may change something again
        try:
            self._store()
        except SkootsError:
            self.unstored = True
            self._timer.ask(_AGAIN_MS)
            raise
        self._said = False

    def flush(self) -> None:
        """Store now what is not on the disk yet; what forbids it is said again."""
        self._said = False
        self._try()

    def close(self) -> None:
        """Store nothing more."""
        self._timer.forget()

    def _try(self) -> None:
        try:
            self.write()
        except SkootsError as error:
            if not self._said:
                self._said = True
                self._failed(error)
