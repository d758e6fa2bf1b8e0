"""Time in which nobody asks a job to go on does not count."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from skoots.events import Notice
from skoots.train.stopwatch import Stopwatch, timed

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event


def test_work_counts_and_waiting_does_not() -> None:
    watch = Stopwatch()

    def job() -> Generator[Event, Any, str]:
        time.sleep(0.05)
        heard = yield Notice("half")
        time.sleep(0.05)
        return f"heard {heard}"

    running = timed(job(), watch)
    next(running)
    time.sleep(0.5)
    with pytest.raises(StopIteration) as end:
        running.send("a word")
    assert end.value.value == "heard a word"
    assert 0.1 <= watch.seconds < 0.4


def test_a_job_that_is_closed_is_closed_within() -> None:
    done = []

    def job() -> Generator[Event, Any, None]:
        try:
            yield Notice("work")
        finally:
            done.append("saved")

    running = timed(job(), Stopwatch())
    next(running)
    running.close()
    assert done == ["saved"]
