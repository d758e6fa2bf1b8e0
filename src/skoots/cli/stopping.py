"""Stop a job between two of its steps, not within one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        # Not through rich: it may be in the middle of a line that it would repeat.
        os.write(sys.stderr.fileno(), f"{message}\n".encode())

    before = {name: signal.signal(name, hear) for name in _SIGNALS}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
