"""Segment images in processes that are killed, by themselves or from outside.

A line of JSON on standard input is [pass, markers it may write, words of `skoots`]; the
process ends itself where one more block of that pass would be marked. Without a pass it
goes on. The answer is a line with its id; after an empty line, with its exit status.
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


def begin(stage: str | None, markers: int, words: list[str]) -> int:
    """Segment in a fork; give its id."""
    child = os.fork()
    if child:
        return child
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the answers are of the parent alone
    if stage is None:
        app(words)
    else:
        segment_and_die(stage, markers, words)
    raise RuntimeError("The command returns by leaving.")


if __name__ == "__main__":  # doctests import every file
    for line in sys.stdin:
        if line.strip():
            answer = child = begin(*json.loads(line))
        else:  # until then its id is nobody else's
            answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
