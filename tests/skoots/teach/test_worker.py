"""Teaching in a process of its own: real ones, killed for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import skoots
from skoots.errors import (
    AxesError,
    ModelNotFoundError,
    RunBusyError,
    TrainingError,
    UnnamedAxesError,
    WorkerError,
)
from skoots.events import (
    CheckpointSaved,
    Predicted,
    TeachFinished,
    TrainStarted,
    TrainStep,
)
from skoots.model.checkpoint import load_checkpoint
from skoots.teach.process import Worker
from skoots.teach.worker import portable
from skoots.train.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skoots.teach import TeachProject

SHORT = 1e-6
LONG = 60.0
"""Seconds that a crowded machine may take for what takes five."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """A worker that several tests use one after the other."""
    found = Worker(threads=1)
    yield found
    found.close()


def _until_step(job: object, step: int) -> None:
    for event in job:  # type: ignore[attr-defined]
        if isinstance(event, TrainStep) and event.step == step:
            return
    raise AssertionError("it ended before that step")


def test_a_worker_says_when_it_is_warm(worker: Worker) -> None:
    end = time.monotonic() + LONG
    while not worker.ready:
        assert time.monotonic() < end
        assert worker.alive
        time.sleep(0.05)


def test_a_worker_teaches_again_and_again(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    for number in ("001", "002"):
        job = worker.teach(project.path, str(base), seconds=SHORT, device="cpu")
        (*events, finished) = job
        assert isinstance(finished, TeachFinished)
        assert finished.training.name == number
        assert any(isinstance(e, Predicted) for e in events)


def test_what_is_sent_is_heard_there(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    _until_step(job, 2)
    job.send((4, 4, 4))
    last = job.send("finish")
    for event in job:
        last = event
    assert isinstance(last, TeachFinished)


def test_closing_saves_and_another_thread_may_do_it(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    _until_step(job, 2)
    closing = Thread(target=job.close)
    closing.start()
    closing.join(LONG)
    assert not closing.is_alive()
    (training,) = project.unfinished
    job = worker.go_on(project.path, training, seconds=SHORT, device="cpu")
    events = list(job)
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.steps_done == 2
    assert isinstance(events[-1], TeachFinished)


def test_errors_arrive_as_what_they_are(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    with pytest.raises(ModelNotFoundError, match="no-such"):
        list(worker.teach(project.path, "no-such", device="cpu"))
    (example,) = project.examples
    example.set_boxes([])
    with pytest.raises(TrainingError, match="There is no box"):
        list(worker.teach(project.path, str(base), device="cpu"))


def test_an_error_of_the_program_brings_its_traceback(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    with pytest.raises(WorkerError, match=r"TypeError: .*colour[\s\S]*Traceback"):
        list(worker.teach(project.path, str(base), colour="red"))


def test_it_teaches_one_model_at_a_time(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    next(job)
    with pytest.raises(RunBusyError, match="already"):
        next(worker.teach(project.path, str(base), device="cpu"))
    job.close()


def test_a_worker_that_is_killed_leaves_its_checkpoint(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    _until_step(job, 1)
    job.send("finish")  # it saves as it ends its epoch, else after ten seconds
    saved = next(e for e in job if isinstance(e, CheckpointSaved))
    child = worker._child
    child._process.kill()
    with pytest.raises(WorkerError, match=r"middle of its work.*kept.*--resume"):
        list(job)
    (training,) = project.unfinished
    assert load_checkpoint(training / "last.skoots").provenance["steps"] == saved.step
    events = list(worker.go_on(project.path, training, seconds=SHORT, device="cpu"))
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.steps_done == saved.step
    finished = events[-1]
    assert isinstance(finished, TeachFinished)
    load_checkpoint(finished.model)


def test_a_worker_that_dies_before_it_learned_says_so(
    worker: Worker, project: TeachProject, base: Path
) -> None:
    job = worker.teach(project.path, str(base), seconds=0, device="cpu")
    next(job)
    worker._child._process.kill()
    with pytest.raises(WorkerError, match="learned nothing yet"):
        list(job)


@pytest.mark.skipif(sys.platform == "win32", reason="there it ends without a word")
def test_one_that_ends_before_it_learned_says_so(
    project: TeachProject, base: Path
) -> None:
    mine = Worker(threads=1)
    job = mine.teach(project.path, str(base), seconds=0, device="cpu")
    next(job)
    mine._child._process.terminate()
    words = r"told to end by the system\. It had learned nothing yet: teach again\."
    with pytest.raises(WorkerError, match=words):
        list(job)
    mine.close()


def test_a_worker_that_is_closed_has_saved(project: TeachProject, base: Path) -> None:
    mine = Worker(threads=1)
    job = mine.teach(project.path, str(base), seconds=0, device="cpu")
    _until_step(job, 2)
    mine.close(LONG)
    assert not mine.alive
    with pytest.raises(WorkerError, match=r"closed\. What it had learned is saved"):
        next(job)
    (training,) = project.unfinished
    assert (training / "state.pt").is_file()
    with pytest.raises(WorkerError, match="closed"):
        next(mine.teach(project.path, str(base)))


PARENT = """
import sys
from skoots.teach.process import Worker
worker = Worker(threads=1)
job = worker.teach(sys.argv[1], sys.argv[2], seconds=0, device="cpu")
for event in job:
    if type(event).__name__ == "TrainStep":
        print(worker._child.pid, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="looks for a process as POSIX does")
def test_no_worker_outlives_its_parent(project: TeachProject, base: Path) -> None:
    home = str(Path(skoots.__file__).parents[1])
    with subprocess.Popen(  # noqa: S603 - this interpreter, the script above
        [sys.executable, "-c", PARENT, str(project.path), str(base)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": home},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + LONG
    while _runs(pid):
        assert time.monotonic() < end
        time.sleep(0.1)
    (training,) = project.unfinished
    assert (training / "state.pt").is_file(), "it saved before it left"
    with Project(training).locked():
        pass


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that has ended may wait to be counted
    return not (status.exists() and status.read_text().rpartition(")")[2][1] == "Z")


def test_a_worker_that_had_no_time_to_save_says_so(
    project: TeachProject, base: Path
) -> None:
    mine = Worker(threads=1)
    job = mine.teach(project.path, str(base), seconds=0, device="cpu")
    next(job)
    mine.close(0)
    with pytest.raises(WorkerError, match=r"before it could save.*learned nothing yet"):
        next(job)


def _interpreter(folder: Path, patch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let every interpreter that is started run some lines first."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("\n".join(["import os, sys", *lines]))
    known = os.environ.get("PYTHONPATH", "")
    patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{known}")


def test_what_others_print_before_is_no_answer(
    project: TeachProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interpreter(tmp_path / "site", monkeypatch, "print('hello' * 9, flush=True)")
    mine = Worker(threads=1)
    with pytest.raises(ModelNotFoundError, match="no-such"):
        list(mine.teach(project.path, "no-such", device="cpu"))
    assert mine.ready
    mine.close()


def test_an_answer_that_cannot_be_read_ends_it(
    project: TeachProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "os.write(1, b'\\0skoots.teach.worker\\0' + bytes([255] * 16))"
    _interpreter(tmp_path / "site", monkeypatch, said)
    mine = Worker(threads=1)
    with pytest.raises(WorkerError, match=r"[\s\S]*cannot be read: ValueError"):
        list(mine.teach(project.path, None))
    mine.close()


def test_one_that_warms_up_is_closed_at_once_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = Worker(threads=1)
    end = time.monotonic() + LONG
    while not any(tmp_path.glob("skoots-worker-*/*/*")):
        assert time.monotonic() < end
        assert mine.alive
        time.sleep(0.02)
    began = time.monotonic()
    mine.close()
    assert time.monotonic() - began < 5
    assert not mine.alive
    assert not list(tmp_path.iterdir())


def test_one_that_always_dies_as_it_starts_is_given_up(
    project: TeachProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    count = f"open({str(starts)!r}, 'a').write('x')"
    die = ("print('no torch here', file=sys.stderr, flush=True)", "os._exit(3)")
    _interpreter(tmp_path / "site", monkeypatch, count, *die)
    mine = Worker(threads=1)
    mine._child._process.wait(LONG)
    words = r"as it started \(code 3\)[\s\S]*no torch here"
    with pytest.raises(WorkerError, match=words):
        list(mine.teach(project.path, None))
    for _ in range(2):
        with pytest.raises(WorkerError, match=r"died twice[\s\S]*no torch here"):
            list(mine.teach(project.path, None))
    with pytest.raises(WorkerError, match="died twice"):
        mine.warm()
    assert starts.read_text() == "xx"
    mine.close()


def test_where_no_process_can_be_started_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(WorkerError, match="cannot be started"):
        Worker(threads=1)
    assert not list(tmp_path.iterdir())


def test_an_error_with_more_than_words_travels_whole() -> None:
    error = portable(UnnamedAxesError("Which are they?", "?yx", (3, 4, 5)))
    assert isinstance(error, AxesError)
    assert isinstance(error, UnnamedAxesError)
    assert (str(error), error.axes, error.lengths) == (
        "Which are they?",
        "?yx",
        (3, 4, 5),
    )
