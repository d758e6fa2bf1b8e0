"""Signals that something listens to until it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from psygnal import SignalInstance


class Links:
    """Connects signals to slots, and lets go of all of them at once.

    What is shown lives shorter than what it shows: signals of a session would call
    slots of a panel that Qt has deleted.

    Parameters
    ----------
    *pairs : tuple of SignalInstance and callable
        What is heard, and what hears it.
    """

    def __init__(self, *pairs: tuple[SignalInstance, Callable[..., None]]) -> None:
        self._pairs = pairs
        for signal, slot in pairs:
            signal.connect(slot)

    def release(self) -> None:
        """Listen no more; a second time does nothing."""
        for signal, slot in self._pairs:
            signal.disconnect(slot, missing_ok=True)
        self._pairs = ()
