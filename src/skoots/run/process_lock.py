"""The right of one process to write a run, which its jobs and its viewers share.

Two processes cannot write one run. In one process a job may write while a person paints
(see `shared_chunks`), and the right is given back when neither does any more; but two
jobs cannot.

It may be given back by the garbage collector, at any line of any thread, also of one
that is just taking it here. So nobody waits to give it back: it is put down, and done
by whoever has the table of what is held, or has it next.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from skoots.errors import RunBusyError
from skoots.run.layout import LOCK, STATE
from skoots.run.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(slots=True)
class _Held:
    """The lock of one run, and who uses it."""

    lock: FileLock
    job: bool = False
    painters: int = 0
    closed: bool = False
    """Whether its job lets nobody begin to paint."""


_HELD: dict[str, _Held] = {}
_GUARD = Lock()
_RETURNED: SimpleQueue[tuple[str, bool]] = SimpleQueue()


def hold_process_lock(path: Path, *, job: bool) -> Callable[[], None]:
    """Take the right to write a run; a dead process holds none.

    Parameters
    ----------
    path : Path
        The run folder, which is there.
    job : bool
        Whether it is for a job, of which there is one at a time, or for painting.

    Returns
    -------
    callable
        Gives it back. To be called once; never waits.

    Raises
    ------
    RunBusyError
        If another process, or another job, has it; nothing was changed then.
    StorageError
        If nothing may be written there.
    """
    key = str(path.resolve())
    with _table() as table:
        held = table.get(key) or _Held(_acquire(path))
        if held.job if job else held.closed:
            raise _busy(path)
        table[key] = held
        if job:
            held.job = True
        else:
            held.painters += 1
    return partial(_give_back, key, job)


@contextmanager
def unpainted(path: Path) -> Iterator[bool]:
    """Say whether nobody paints a run in this process, and let nobody begin.

    Parameters
    ----------
    path : Path
        The run folder, which a job of this process holds. Who wants to paint it
        meanwhile is told that it is busy; other runs do not wait.
    """
    key = str(path.resolve())
    with _table() as table:
        table[key].closed = alone = not table[key].painters
    try:
        yield alone
    finally:
        with _table() as table:
            table[key].closed = False


@contextmanager
def _table() -> Iterator[dict[str, _Held]]:
    """Have what is held to oneself, for a moment."""
    try:
        with _GUARD:
            _take_returned()
            yield _HELD
    finally:
        _settle()


def _give_back(key: str, job: bool) -> None:  # noqa: FBT001 - of a finalizer
    _RETURNED.put((key, job))
    _settle()


def _settle() -> None:
    """Release what was given back, unless somebody has the table and does it then."""
    while not _RETURNED.empty() and _GUARD.acquire(blocking=False):
        try:
            _take_returned()
        finally:
            _GUARD.release()


def _take_returned() -> None:
    while True:
        try:
            key, job = _RETURNED.get_nowait()
        except Empty:
            return
        held = _HELD[key]
        if job:
            held.job = False
        else:
            held.painters -= 1
        if not (held.job or held.painters):
            del _HELD[key]
            held.lock.release()


def _acquire(path: Path) -> FileLock:
    with storage_errors(path):
        # a generator may be closed in another thread than the one that started it
        lock = FileLock(path / STATE / LOCK, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise _busy(path) from error
    return lock


def _busy(path: Path) -> RunBusyError:
    return RunBusyError(
        f"Another job is writing {path}, or its labels are open for painting. Wait for "
        "it, stop it, or close the labels."
    )
