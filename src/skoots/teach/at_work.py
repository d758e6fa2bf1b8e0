"""Who works in the folder of a training, so that nobody takes it away meanwhile.

The lock of `skoots.train.project` is held while a model is trained. This one is held
from before that until all is compared, and also while the folder is made. It lies in
the folder and goes with it: whoever unlinked it alone could let two have it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from skoots.errors import RunBusyError
from skoots.run.storage import storage_errors
from skoots.teach.remedies import TEACHING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK, _BEGUN = ".at-work", ".begun"


def claim(training: Path) -> FileLock | None:
    """Take the lock of a training; None where another one has it.

    Parameters
    ----------
    training : Path
        Its folder, which is there.
    """
    # a generator may be closed in another thread than the one that started it
    lock = FileLock(training / _LOCK, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


@contextmanager
def at_work(training: Path) -> Iterator[None]:
    """Keep others from teaching in a training, and from what would take it away.

    Parameters
    ----------
    training : Path
        Its folder.

    Raises
    ------
    RunBusyError
        If another one is at work there.
    StorageError
        If nothing can be written there.
    """
    with storage_errors(training, TEACHING):
        lock = claim(training)
    if lock is None:
        raise RunBusyError(
            f"Another process is teaching in {training}. Wait for it, or stop it."
        )
    try:
        yield
    finally:
        lock.release()


def begin(training: Path) -> None:
    """Say, from within `at_work`, that a training is no longer only prepared.

    Raises
    ------
    StorageError
        If nothing can be written there.
    """
    with storage_errors(training, TEACHING):
        (training / _BEGUN).touch()


def has_begun(training: Path) -> bool:
    """Whether somebody began with it: if nobody is at work, nobody is about to be."""
    return (training / _BEGUN).is_file()
