"""What the system ends has saved, and does not let it wait."""

from __future__ import annotations

import io
import signal
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from skoots.errors import WorkerError
from skoots.events import Notice, TeachFinished, TrainStarted, TrainStep
from skoots.teach.frames import Begin, Next, receive, send
from skoots.teach.leaving import Leaving
from skoots.teach.process import Worker
from skoots.teach.teaching import go_on
from skoots.teach.worker import serve

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from skoots.events import Event
    from skoots.teach import TeachProject

LONG = 60.0
"""Seconds that a crowded machine may take for what takes five."""

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="there a process is ended without a word"
)


@pytest.fixture
def leaving() -> Iterator[Leaving]:
    """Hears SIGTERM instead of what ends this process."""
    found = Leaving()
    before = signal.signal(signal.SIGTERM, found.hear)
    yield found
    signal.signal(signal.SIGTERM, before)


class Steps:
    """A job that is told to end while it works; it notes how far it came."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self) -> Generator[Event, Any, None]:
        try:
            yield Notice("begun")
            signal.raise_signal(signal.SIGTERM)
            self.said.append("step")
            yield Notice("done")
            self.said.append("another")
        except GeneratorExit:
            signal.raise_signal(signal.SIGTERM)  # some tell it twice
            self.said.append("saved")
            raise


def test_a_step_comes_to_its_end_and_is_saved(leaving: Leaving) -> None:
    job, asked, said = Steps(), io.BytesIO(), io.BytesIO()
    for message in (Begin("steps", {}), Next(), Next(), Next()):
        send(asked, message)
    asked.seek(0)
    serve(asked, said, {"steps": job}, leaving)
    assert job.said == ["step", "saved"]
    said.seek(0)
    answers = [receive(said) for _ in range(4)]
    assert answers[2].event == Notice("done"), "which is told before it leaves"
    assert answers[3] is None


def test_who_waits_leaves_at_once(leaving: Leaving) -> None:
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)
    assert leaving.asked
    signal.raise_signal(signal.SIGTERM)  # it is leaving already


def test_a_worker_that_the_system_ends_leaves_a_state(
    project: TeachProject, base: Path
) -> None:
    worker = Worker(threads=1)
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    steps: list[int] = []
    said: list[str] = []

    def listen() -> None:
        try:
            steps.extend(e.step for e in job if isinstance(e, TrainStep))
        except WorkerError as error:
            said.append(str(error))

    for event in job:
        if isinstance(event, TrainStep) and event.step == 2:
            break
    listening = Thread(target=listen)  # who asks at once: a step is being taken
    listening.start()
    time.sleep(0.05)
    worker._child._process.terminate()
    listening.join(LONG)
    assert "told to end by the system. What it had learned is saved" in said[0]
    worker.close()
    (training,) = project.unfinished
    events = list(go_on(project, training, seconds=1e-6, device="cpu", threads=1))
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.steps_done >= max([2, *steps])
    assert isinstance(events[-1], TeachFinished)


def test_a_worker_that_waits_is_ended_within_seconds() -> None:
    worker = Worker(threads=1)
    end = time.monotonic() + LONG
    while not worker.ready:
        assert time.monotonic() < end
        time.sleep(0.05)
    worker._child._process.terminate()
    assert worker._child._process.wait(LONG / 2) == 0
    worker.close()
