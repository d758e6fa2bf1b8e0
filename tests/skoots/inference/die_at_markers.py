"""Segment images in processes that end themselves where a block would be marked.

The one argument is JSON, a list of [pass, markers it may write, words of `skoots`].
All processes are forks of this one, which imports torch once for them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count
from threading import Lock
from typing import Any

import skoots.inference.pipeline  # noqa: F401 - a fork would import it by itself
from skoots.cli import app
from skoots.run.markers import Markers


def segment_and_die(stage: str, markers: int, words: list[str]) -> None:
    """Work until so many blocks of a pass are marked, and no further."""
    mark, numbers, one_at_a_time = Markers.mark, count(), Lock()

    def mark_or_die(self: Markers, at: str, *rest: Any) -> None:
        with one_at_a_time:
            if at == stage and next(numbers) == markers:
                os.kill(os.getpid(), signal.SIGKILL)
            mark(self, at, *rest)

    Markers.mark = mark_or_die  # type: ignore[method-assign]  # in this process alone
    app(words)


if __name__ == "__main__":  # doctests import every file
    for case in json.loads(sys.argv[1]):
        child = os.fork()
        if not child:
            segment_and_die(*case)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL, case
