"""The folder of a training that is being prepared."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from skoots.run.storage import storage_errors
from skoots.teach.remedies import TEACHING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHOLE = ("settings.yaml", "state.pt", "last.skoots", "best.skoots")
"""What tells a training from half of one: settings are written last."""


@contextmanager
def new_place(trainings: Path) -> Iterator[Path]:
    """Make the folder of the next training; if it fails, the folder goes.

    What processes left that died here goes as well.

    Parameters
    ----------
    trainings : Path
        Of a project.

    Yields
    ------
    Path
        Of no other process.

    Raises
    ------
    StorageError
        If nothing can be written there.
    """
    with storage_errors(trainings, TEACHING):
        trainings.mkdir(parents=True, exist_ok=True)
        _remove_half_made(trainings)
        place, held = _next(trainings)
    try:
        yield place
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)  # half of a training is none
        raise
    finally:
        _release(held)


def _next(trainings: Path) -> tuple[Path, FileLock]:
    number = max((int(place.name) for place in _made(trainings)), default=0)
    while True:
        number += 1
        place = trainings / f"{number:03d}"
        held = _held(place)
        if held is None:  # another one was faster
            continue
        try:
            place.mkdir()
        except FileExistsError:  # and is ready already
            _release(held)
        else:
            return place, held


def _remove_half_made(trainings: Path) -> None:
    for place in _made(trainings):
        if any((place / name).exists() for name in _WHOLE):
            continue
        held = _held(place)
        if held is not None:  # else somebody is preparing it
            shutil.rmtree(place, ignore_errors=True)
            _release(held)


def _made(trainings: Path) -> list[Path]:
    return [place for place in trainings.glob("*") if place.name.isdecimal()]


def _held(place: Path) -> FileLock | None:
    """Take the lock of a folder, which lies beside it; None where another has it."""
    # a generator may be closed in another thread than the one that started it
    lock = FileLock(place.with_name(f".{place.name}.lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _release(lock: FileLock) -> None:
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink()
