"""Take an example out of a project, where no training needs it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.errors import RunBusyError, TrainingError
from skoots.run.storage import storage_errors
from skoots.teach.at_work import claim
from skoots.teach.example_record import locked
from skoots.teach.record import is_compared, read_record
from skoots.teach.remedies import REMOVING

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_unused(
    example: Path, trainings: Iterable[Path], pending: Path | None
) -> None:
    """Refuse where a training learns from an example, or is still to be judged by it.

    Parameters
    ----------
    example : Path
        Its folder.
    trainings : iterable of Path
        Those of its project.
    pending : Path or None
        The one that is offered to be gone on with.

    Raises
    ------
    RunBusyError
        If a process is at work in one that uses it.
    TrainingError
        If one that was interrupted holds out a part of it.
    """
    for training in trainings:
        try:
            record = read_record(training)
        except TrainingError:  # being made, or damaged
            record = None
        if record is not None and example.name not in record.grids:
            continue
        if _is_at_work(training):
            raise RunBusyError(
                f"Training {training.name} is using {example.name}. Wait until it "
                "ends, or stop it."
            )
        held = () if record is None else record.held_out
        waits = training == pending and not is_compared(training)
        if waits and any(box.example == example.name for box in held):
            raise TrainingError(
                f"Training {training.name} was interrupted, and is to be judged by a "
                f"part of {example.name}. Go on with it, or discard it, first."
            )


def delete_example(example: Path) -> None:
    """Delete the folder of an example: it is no example before the first file goes.

    Parameters
    ----------
    example : Path
        Its folder, ``examples/NAME`` of a project.

    Raises
    ------
    RunBusyError
        If another process has been adding one for seconds.
    StorageError
        If it may not be deleted.
    """
    with storage_errors(example, REMOVING):
        with locked(example.parent):
            project = example.parent.parent
            away = Path(tempfile.mkdtemp(prefix=".removed-", dir=project))
            example.rename(away / example.name)
        shutil.rmtree(away)


def _is_at_work(training: Path) -> bool:
    with storage_errors(training, REMOVING):
        lock = claim(training)
    if lock is None:
        return True
    lock.release()
    return False
