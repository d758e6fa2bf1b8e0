"""A job is drained to its result, and closed however that ends."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from skoots.cli import progress
from skoots.cli.progress import drain
from skoots.events import BlockDone, Notice, ObjectsDone, StageStarted

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event

BOX = (0, 1), (0, 1), (0, 1)


class Job:
    """Two stages, the first half done before; may fail on the way."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.closed = False
        self.fails = fails

    def run(self) -> Generator[Event, None, str]:
        try:
            yield StageStarted("predict", 50, 100)
            for done in range(51, 101):
                yield BlockDone("predict", BOX, done, 100)
            if self.fails:
                raise self.fails
            yield Notice("almost [done]")
            yield StageStarted("finish", 0, 0)
            return "the result"
        finally:
            self.closed = True


@pytest.fixture(params=[False, True], ids=["log", "bars"])
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(
        file=io.StringIO(), force_terminal=request.param, width=120, highlight=False
    )
    monkeypatch.setattr(progress, "ERR", console)
    monkeypatch.setattr("skoots.cli.console.ERR", console)
    return console


def read(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_the_result_is_what_the_job_returns(screen: Console) -> None:
    job = Job()
    assert drain(job.run(), "cells [1]") == "the result"
    assert job.closed
    assert "note: almost [done]" in read(screen)
    assert "cells [1] predict" in read(screen)
    assert "100/100" in read(screen)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_job_that_fails_is_closed(
    screen: Console, error: type[BaseException]
) -> None:
    job = Job(error())
    with pytest.raises(error):
        drain(job.run(), "cells")
    assert job.closed


class Clock:
    """Each look at it takes so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.seconds = seconds

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(file=io.StringIO(), force_terminal=False, width=120)
    monkeypatch.setattr(progress, "ERR", console)
    monkeypatch.setattr("skoots.cli.console.ERR", console)
    return console


def test_a_quick_log_has_a_line_for_each_tenth(
    log: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "monotonic", Clock(0.1))
    drain(Job().run(), "cells")
    lines = read(log).splitlines()
    assert [line.split(",")[0] for line in lines] == [
        *(f"cells predict {n}/100" for n in (50, 60, 70, 80, 90, 100)),
        "note: almost [done]",
    ]
    assert lines[1] == "cells predict 60/100, 0:04 left"
    assert "left" not in lines[5]


@pytest.mark.parametrize(
    ("seconds", "first", "lines"),
    [(1.0, 30, 51 + 2), (40.0, 1, 1536 + 1)],
    ids=["a block a second", "blocks of 40 seconds"],
)
def test_a_slow_log_is_not_silent_for_long(
    log: Console,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    first: int,
    lines: int,
) -> None:
    def job() -> Generator[Event, None, None]:
        yield StageStarted("predict", 0, 1536)
        for done in range(1, 1537):
            yield BlockDone("predict", BOX, done, 1536)

    monkeypatch.setattr(progress, "monotonic", Clock(seconds))
    drain(job(), "cells")
    said = read(log).splitlines()
    minutes, rest = divmod(round((1536 - first) * seconds), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    assert said[1] == f"cells predict {first}/1536, {left}:{rest:02d} left"
    assert len(said) == lines


def test_a_stage_without_blocks_is_not_mentioned(screen: Console) -> None:
    drain(Job().run(), "cells")
    assert "finish" not in read(screen)


def test_objects_move_the_bar_as_blocks_do(screen: Console) -> None:
    def job() -> Generator[Event, None, int]:
        yield StageStarted("skeletonize", 0, 8)
        for done in (3, 8):
            yield ObjectsDone("skeletonize", done, 8)
        return 8

    assert drain(job(), "cells") == 8
    assert "cells skeletonize" in read(screen)
    assert "8/8" in read(screen)
