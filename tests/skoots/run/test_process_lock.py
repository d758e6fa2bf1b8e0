"""The right to write a run is given back at any time, and nobody waits for another."""

from __future__ import annotations

import gc
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from weakref import finalize

import pytest
from filelock import FileLock, Timeout

from skoots.errors import RunBusyError
from skoots.run import process_lock
from skoots.run.process_lock import hold_process_lock, unpainted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 10


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name / "state").mkdir(parents=True)
    return tmp_path / "a", tmp_path / "b"


def is_free(run: Path) -> bool:
    try:
        with FileLock(run / "state/lock", timeout=0):
            return True
    except Timeout:
        return False


def in_time(work: Callable[[], object]) -> bool:
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return not thread.is_alive()


class Labels:
    """Something that gives back its run when nothing refers to it."""

    def __init__(self, run: Path) -> None:
        self.myself = self  # only the collector finds it
        finalize(self, hold_process_lock(run, job=False))


def test_the_collector_gives_a_run_back_while_another_is_being_taken(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = runs
    acquire = process_lock._acquire

    def acquire_late(path: Path) -> Any:
        gc.collect()
        return acquire(path)

    gc.disable()
    Labels(here)
    gc.enable()
    monkeypatch.setattr(process_lock, "_acquire", acquire_late)
    give_back = []
    assert in_time(lambda: give_back.append(hold_process_lock(there, job=True)))
    assert is_free(here)
    assert not is_free(there)
    give_back[0]()
    assert is_free(there)


def test_a_run_that_is_tidied_up_keeps_nobody_from_another(
    runs: tuple[Path, Path],
) -> None:
    here, there = runs
    enough = Event()
    inside = Event()

    def tidy() -> None:
        with unpainted(here) as alone:
            assert alone
            inside.set()
            enough.wait(PATIENCE_S)

    give_back = hold_process_lock(here, job=True)
    job = Thread(target=tidy)
    job.start()
    assert inside.wait(PATIENCE_S)
    others: list[Callable[[], None]] = []
    assert in_time(lambda: others.append(hold_process_lock(there, job=False)))
    others[0]()
    with pytest.raises(RunBusyError):  # nor is it painted meanwhile
        hold_process_lock(here, job=False)
    enough.set()
    job.join()
    hold_process_lock(here, job=False)()
    give_back()
    assert is_free(here)


def test_who_paints_is_told_of_to_who_would_tidy_up(runs: tuple[Path, Path]) -> None:
    jobs, painters = hold_process_lock(runs[0], job=True), []
    painters.append(hold_process_lock(runs[0], job=False))
    with unpainted(runs[0]) as alone:
        assert not alone
        painters.append(hold_process_lock(runs[0], job=False))
    for give_back in (jobs, *painters):
        assert not is_free(runs[0])
        give_back()
    assert is_free(runs[0])
