"""What is done a moment after it was last asked for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


class Later:
    """Does something when nobody has asked for it for a while.

    Whether it was asked for is known without Qt, which deletes timers before a viewer
    is closed by the end of Python.

    Parameters
    ----------
    milliseconds : int
        The while.
    act : callable
        What is done.
    """

    def __init__(self, milliseconds: int, act: Callable[[], None]) -> None:
        self._act = act
        self._milliseconds = milliseconds
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timeout)
        self.asked = False

    def ask(self, milliseconds: int | None = None) -> None:
        """Do it later, counted from now."""
        self.asked = True
        with suppress(RuntimeError):  # deleted by Qt
            self._timer.start(
                self._milliseconds if milliseconds is None else milliseconds
            )

    def forget(self) -> None:
        """Do it not, until somebody asks again."""
        self.asked = False
        with suppress(RuntimeError):
            self._timer.stop()

    def _on_timeout(self) -> None:
        self.asked = False
        self._act()
