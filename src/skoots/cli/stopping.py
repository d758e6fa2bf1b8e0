"""Stop a job between two of its steps, not within one."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Asked:
    """How often somebody asked to stop."""

    times: int = 0


@contextmanager
def stop_requests(*messages: str) -> Iterator[Asked]:
    """Turn each Ctrl-C, or what ends a process, into a wish to stop.

    One more than there are messages ends the program at once. What ends a process
    counts as the last wish: whoever sends that waits for seconds.

    Parameters
    ----------
    *messages : str
        What to say when each wish was heard, the mildest first.
    """
    asked = Asked()

    def hear(number: int, frame: FrameType | None) -> None:
        if asked.times == len(messages):
            raise KeyboardInterrupt
        last = number == signal.SIGTERM
        asked.times = len(messages) if last else asked.times + 1
        # Not through rich: it may be in the middle of a line that it would repeat.
        os.write(sys.stderr.fileno(), f"{messages[asked.times - 1]}\n".encode())

    before = {name: signal.signal(name, hear) for name in _SIGNALS}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
