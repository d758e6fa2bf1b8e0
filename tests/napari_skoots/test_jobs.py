"""A job tells, on the thread of the window, what the engine says in another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from skoots.errors import RunError
from skoots.events import Notice

pytest.importorskip("pytestqt")

from qtpy.QtCore import QThread

from napari_skoots.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytestqt.qtbot import QtBot

    Wait = threading.Event


class Heard:
    """Everything that a job said, and whether it was said on the window's thread."""

    def __init__(self, job: Job) -> None:
        self.said: list[Any] = []
        self.threads: set[int] = set()
        job.event.connect(self._hear)
        job.returned.connect(lambda result: self._hear(("returned", result)))
        job.failed.connect(lambda error: self._hear(("failed", error)))
        job.stopped.connect(lambda: self._hear("stopped"))
        job.ended.connect(lambda: self._hear("ended"))

    def _hear(self, what: Any) -> None:
        self.said.append(what)
        self.threads.add(threading.get_ident())


def counting(closed: list[int], step: Wait | None = None) -> Callable[[], Any]:
    """Make a job of three events that notes in which thread it was closed."""

    def start() -> Generator[Notice, Any, str]:
        try:
            for k in range(3):
                if step is not None:
                    assert step.wait(5)
                    step.clear()
                yield Notice(str(k))
            return "result"
        finally:
            closed.append(threading.get_ident())

    return start


def test_events_come_in_order_on_the_thread_of_the_window(qtbot: QtBot) -> None:
    closed: list[int] = []
    job = Job(counting(closed), "count")
    heard = Heard(job)
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.start()
    assert heard.said == [
        Notice("0"),
        Notice("1"),
        Notice("2"),
        ("returned", "result"),
        "ended",
    ]
    assert heard.threads == {threading.get_ident()}
    assert len(closed) == 1
    assert closed[0] != threading.get_ident()
    assert not job.running


@pytest.mark.parametrize("error", [RunError("no"), RuntimeError("x"), MemoryError()])
def test_an_error_of_any_kind_is_told(qtbot: QtBot, error: Exception) -> None:
    def start() -> Generator[Notice, Any, None]:
        yield Notice("first")
        raise error

    job = Job(start, "fail")
    heard = Heard(job)
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.start()
    assert heard.said == [Notice("first"), ("failed", error), "ended"]


def test_an_error_before_the_first_event_is_told_too(qtbot: QtBot) -> None:
    def start() -> Generator[Notice, Any, None]:
        raise ImportError("no torch")

    job = Job(start, "fail")
    heard = Heard(job)
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.start()
    assert [type(x) for x in heard.said] == [tuple, str]


def test_cancelled_it_stops_after_the_event_and_is_closed_in_its_thread(
    qtbot: QtBot,
) -> None:
    closed: list[int] = []
    step = threading.Event()
    job = Job(counting(closed, step), "count")
    heard = Heard(job)
    job.start()
    with qtbot.waitSignal(job.event, timeout=5000):
        step.set()
    job.cancel()
    with qtbot.waitSignal(job.ended, timeout=5000):
        step.set()
    # it was on its way to the second event, or had not begun it yet
    assert heard.said in (
        [Notice("0"), Notice("1"), "stopped", "ended"],
        [Notice("0"), "stopped", "ended"],
    )
    assert len(closed) == 1
    assert closed[0] != threading.get_ident()


def test_paused_it_makes_no_step_until_it_is_resumed(qtbot: QtBot) -> None:
    closed: list[int] = []
    step = threading.Event()
    job = Job(counting(closed, step), "count")
    heard = Heard(job)
    job.start()
    job.pause()
    assert job.paused
    with qtbot.waitSignal(job.event, timeout=5000):
        step.set()
    step.set()
    qtbot.wait(100)
    assert heard.said == [Notice("0")]
    assert step.is_set()  # the generator was not advanced
    job.resume()
    qtbot.waitUntil(lambda: not step.is_set(), timeout=5000)
    step.set()
    with qtbot.waitSignal(job.ended, timeout=5000):
        pass
    assert heard.said[-2:] == [("returned", "result"), "ended"]


def test_a_paused_job_can_be_cancelled(qtbot: QtBot) -> None:
    job = Job(counting([]), "count")
    heard = Heard(job)
    job.pause()
    with qtbot.waitSignal(job.event, timeout=5000):
        job.start()
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.cancel()
    assert heard.said == [Notice("0"), "stopped", "ended"]


def test_it_hands_the_last_point_to_the_engine(qtbot: QtBot) -> None:
    got: list[Any] = []

    def start() -> Generator[Notice, Any, None]:
        got.append((yield Notice("a")))
        got.append((yield Notice("b")))

    job = Job(start, "points")
    job.look_at((1.0, 2.0, 3.0))
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.start()
    assert got == [(1.0, 2.0, 3.0)] * 2


def test_a_job_that_nobody_holds_goes_on(qtbot: QtBot) -> None:
    done = threading.Event()

    def start() -> Generator[Notice, Any, None]:
        yield Notice("a")
        assert QThread.currentThread() is not None
        done.set()

    Job(start, "alone").start()
    qtbot.waitUntil(done.is_set, timeout=5000)
    qtbot.wait(50)


def test_a_program_that_is_closed_waits_for_the_tile_and_stops_there(
    qtbot: QtBot, qapp: Any
) -> None:
    closed: list[int] = []

    def start() -> Generator[Notice, Any, None]:
        try:
            while True:
                yield Notice("tile")
        finally:
            closed.append(1)

    job = Job(start, "endless")
    with qtbot.waitSignal(job.event, timeout=5000):
        job.start()
    qapp.aboutToQuit.emit()
    assert job.wait(0)
    assert closed == [1]
    with qtbot.waitSignal(job.ended, timeout=5000):
        pass


def test_a_word_is_sent_once_and_before_any_point(qtbot: QtBot) -> None:
    """A point says where somebody looks, always; a word says what to do, once."""
    heard: list[object] = []
    step = threading.Event()

    def start() -> Generator[Notice, Any, None]:
        for number in range(4):
            assert step.wait(5)
            step.clear()
            heard.append((yield Notice(str(number))))

    job = Job(start, "listen")
    job.look_at((1.0, 2.0, 3.0))
    job.ask("finish")
    job.start()
    for number in range(4):
        if number == 2:
            job.look_at((4.0, 5.0, 6.0))
        with qtbot.waitSignal(job.event, timeout=5000):
            step.set()
        qtbot.waitUntil(lambda many=number: len(heard) > many, timeout=5000)
    qtbot.waitUntil(lambda: not job.running, timeout=5000)
    assert heard == ["finish", (1, 2, 3), (4, 5, 6), (4, 5, 6)]
