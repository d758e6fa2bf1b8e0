"""Delete what is large in trainings that nobody goes on with or keeps any more.

Of each there stay settings and curves, what was held out and what was found there.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from skoots.errors import SkootsError, TrainingError
from skoots.teach.comparison_record import read_comparison
from skoots.teach.record import DATA, is_compared
from skoots.train.curves import BOARD
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach.project import TeachProject

_BULKY = (
    "state.pt",
    "last.skoots",
    "best.skoots",
    "prediction-1.npz",
    "prediction-2.npz",
)
_BULKY_FOLDERS = (DATA, BOARD)


def clear(training: Path) -> None:
    """Delete what is large in a training; what cannot be deleted hurts nobody.

    Parameters
    ----------
    training : Path
        Its folder, in which no process is at work.
    """
    for name in _BULKY:
        with suppress(OSError):
            (training / name).unlink(missing_ok=True)
    for name in _BULKY_FOLDERS:
        shutil.rmtree(training / name, ignore_errors=True)


def clear_before(project: TeachProject, kept: Path) -> None:
    """Clear the trainings before one whose model was kept, if they are done with.

    `TeachProject.pending` offers none of them any more. Yet there remain: a model that
    waits to be kept, for its path may be in use; the training that was interrupted
    last, with which ``--resume`` goes on; and one at which a process is at work.

    Parameters
    ----------
    project : TeachProject
        Has the trainings.
    kept : Path
        The folder of the training whose model was kept.
    """
    resumed = project.unfinished[:1]
    for training in project.trainings.glob("*"):
        number = training.name
        before = number.isdecimal() and int(number) < int(kept.name)
        if before and training not in resumed and _is_done_with(training):
            # damaged or busy: as it is
            with suppress(SkootsError, OSError), Project(training).locked():
                clear(training)


def _is_done_with(training: Path) -> bool:
    if not is_compared(training):
        return True
    try:
        return read_comparison(training).model.parent != training.resolve()
    except TrainingError:
        return False
