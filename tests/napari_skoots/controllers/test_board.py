"""The one job that a viewer works on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari_skoots.controllers.board import Board
from napari_skoots.jobs import Job
from napari_skoots.state.views import JobState
from skoots.errors import RunError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytestqt.qtbot import QtBot


class Work:
    """A job that makes a step whenever it is let."""

    def __init__(self) -> None:
        self.turns = threading.Semaphore(0)
        self.steps = 0

    def __call__(self) -> Generator[Notice, Any, str]:
        while self.steps < 20:
            assert self.turns.acquire(timeout=10)
            self.steps += 1
            yield Notice(str(self.steps))
        return "result"


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    for _ in range(50):
        made.turns.release()


def state(board: Board) -> JobState:
    assert board.view is not None
    return board.view.state


def end(qtbot: QtBot, board: Board, work: Work) -> None:
    for _ in range(50):
        work.turns.release()
    qtbot.waitUntil(lambda: not board.busy, timeout=5000)


def test_it_holds_one_job_and_refuses_a_second(qtbot: QtBot, work: Work) -> None:
    board = Board()
    assert board.view is None
    board.run(Job(work, "First"))
    with pytest.raises(RunError, match="'First' is running"):
        board.run(Job(work, "Second"))
    end(qtbot, board, work)
    assert state(board) is JobState.DONE
    board.run(Job(lambda: iter(()), "Third"))  # type: ignore[arg-type, return-value]  # whatever it is
    qtbot.waitUntil(lambda: not board.busy, timeout=5000)
    assert state(board) is JobState.FAILED


def test_what_a_cancel_keeps_is_known_before_and_said_after(
    qtbot: QtBot, work: Work
) -> None:
    board = Board()
    board.run(Job(work, "Job"), step="tile", kept="All of it stays.")
    assert board.view is not None
    assert (board.view.step, board.view.kept) == ("tile", "All of it stays.")
    board.cancel()
    end(qtbot, board, work)
    assert board.view.message is not None
    assert board.view.message.text == "Cancelled. All of it stays."


def test_more_may_be_kept_than_when_it_began(qtbot: QtBot, work: Work) -> None:
    board = Board()
    board.run(Job(work, "Job"), kept="Nothing is kept yet.")
    heard: list[str] = []
    board.changed.connect(lambda: heard.append(board.view.kept))  # type: ignore[union-attr]  # it runs
    for _ in range(2):
        board.say_kept("All of it stays.")
    assert heard == ["All of it stays."], "once"
    board.cancel()
    end(qtbot, board, work)
    assert board.view is not None
    assert board.view.message is not None
    assert board.view.message.text == "Cancelled. All of it stays."


def test_after_a_cancel_a_pause_changes_nothing(qtbot: QtBot, work: Work) -> None:
    """Else a job that was cancelled would wait for ever."""
    board = Board()
    board.run(Job(work, "Job"))
    board.cancel()
    board.pause()
    board.resume()
    assert state(board) is JobState.CANCELLING
    end(qtbot, board, work)
    assert state(board) is JobState.CANCELLED
    assert work.steps <= 2


def test_what_cannot_wait_is_not_paused(qtbot: QtBot, work: Work) -> None:
    board = Board()
    board.run(Job(work, "Job"), pausable=False)
    board.pause()
    assert state(board) is JobState.RUNNING
    end(qtbot, board, work)
    assert work.steps == 20


def test_buttons_that_come_too_late_do_nothing(qtbot: QtBot, work: Work) -> None:
    board = Board()
    for act in (board.pause, board.resume, board.cancel):
        act()
    assert board.view is None
    board.run(Job(work, "Job"))
    end(qtbot, board, work)
    for act in (board.pause, board.resume, board.cancel):
        act()
    assert state(board) is JobState.DONE


def test_a_closed_board_stops_its_job_and_says_nothing(
    qtbot: QtBot, work: Work
) -> None:
    board, job = Board(), Job(work, "Job")
    heard: list[object] = []
    job.stopped.connect(lambda: heard.append("stopped"))
    job.ended.connect(lambda: heard.append("ended"))
    board.run(job)
    board.changed.connect(lambda: heard.append("changed"))
    board.close()
    work.turns.release()
    qtbot.waitUntil(lambda: not job.running, timeout=5000)
    assert heard == []
    assert work.steps <= 1
