"""The folder of a training that is being prepared."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock

from skoots.run.storage import storage_errors
from skoots.teach.at_work import claim
from skoots.teach.remedies import TEACHING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        with _names(trainings):
            _remove_half_made(trainings)
            place, held = _next(trainings)
    try:
        yield place
    except BaseException:
        _give_up(place, held)  # half of a training is none
        raise
    finally:
        held.release()


def _names(trainings: Path) -> FileLock:
    """Give the lock of all names: held to look whose they are, make and remove them.

    It is never removed, and lies beside the folder, in which there are trainings only.
    """
    return FileLock(trainings.with_name(f".{trainings.name}.lock"), thread_local=False)


def _next(trainings: Path) -> tuple[Path, FileLock]:
    number = max((int(place.name) for place in _made(trainings)), default=0)
    while True:
        number += 1
        place = trainings / f"{number:03d}"
        with suppress(FileExistsError):  # something that is no training
            place.mkdir()
            held = claim(place)
            if held is not None:  # for a moment an earlier one may look whose it is
                return place, held


def _remove_half_made(trainings: Path) -> None:
    """Remove what nobody prepares any more, while the names are held."""
    for place in _made(trainings):
        with suppress(OSError):  # it hurts nobody where it stays
            held = None if _is_whole(place) else claim(place)
            if held is None:
                continue
            whole = _is_whole(place)  # who prepared it may have ended just before
            held.release()  # and nobody takes it meanwhile, who has not the names
            if not whole:
                shutil.rmtree(place, ignore_errors=True)


def _give_up(place: Path, held: FileLock) -> None:
    with suppress(Exception), _names(place.parent):  # else the next one removes it
        held.release()  # Windows removes nothing that is open
        shutil.rmtree(place, ignore_errors=True)


def _is_whole(place: Path) -> bool:
    return any((place / name).exists() for name in _WHOLE)


def _made(trainings: Path) -> list[Path]:
    there = (place for place in trainings.glob("*") if place.name.isdecimal())
    return [place for place in there if place.is_dir()]
