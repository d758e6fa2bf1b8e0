"""Stop a job between two of its steps, not within one."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skoots.cli.console import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def stop_requests(message: str) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C, or what ends a process, into a wish to stop.

    A second one ends the program at once.

    Parameters
    ----------
    message : str
        What to say when the wish was heard.
    """
    asked = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        say(message)

    before = {name: signal.signal(name, hear) for name in _NAMES}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


_NAMES = (signal.SIGINT, signal.SIGTERM)
