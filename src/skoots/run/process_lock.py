"""The right of one process to write a run, which its jobs and its viewers share.

Two processes cannot write one run. In one process a job may write while a person paints
(see `shared_chunks`), and the right is given back when neither does any more; but two
jobs cannot.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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


_HELD: dict[str, _Held] = {}
_GUARD = Lock()


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
        Gives it back. To be called once.

    Raises
    ------
    RunBusyError
        If another process, or another job, has it; nothing was changed then.
    StorageError
        If nothing may be written there.
    """
    key = str(path.resolve())
    with _GUARD:
        held = _HELD.get(key) or _Held(_acquire(path))
        if job and held.job:
            raise _busy(path)
        _HELD[key] = held
        if job:
            held.job = True
        else:
            held.painters += 1
    return partial(_release, key, job=job)


@contextmanager
def unpainted(path: Path) -> Iterator[bool]:
    """Say whether nobody paints a run in this process, and let nobody begin.

    Parameters
    ----------
    path : Path
        The run folder, which a job of this process holds.
    """
    with _GUARD:
        yield not _HELD[str(path.resolve())].painters


def _acquire(path: Path) -> FileLock:
    with storage_errors(path):
        # a generator may be closed in another thread than the one that started it
        lock = FileLock(path / STATE / LOCK, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise _busy(path) from error
    return lock


def _release(key: str, *, job: bool) -> None:
    with _GUARD:
        held = _HELD[key]
        if job:
            held.job = False
        else:
            held.painters -= 1
        if not (held.job or held.painters):
            del _HELD[key]
            held.lock.release()


def _busy(path: Path) -> RunBusyError:
    return RunBusyError(
        f"Another job is writing {path}, or its labels are open for painting. Wait for "
        "it, stop it, or close the labels."
    )
