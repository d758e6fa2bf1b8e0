"""Delete what is large in trainings that nobody goes on with or keeps any more.

Of each there stay settings and curves, what was held out and what was found there.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from skoots.teach.at_work import at_work, has_begun
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
    last, with which ``--resume`` goes on; and one at which a process is at work, or
    with which it is about to begin.

    Nothing is raised, whatever goes wrong: the model is kept by then.

    Parameters
    ----------
    project : TeachProject
        Has the trainings.
    kept : Path
        The folder of the training whose model was kept.
    """
    with suppress(Exception):
        for training in _before(project, kept):
            with suppress(Exception):  # damaged or busy: as it is
                _clear_if_done_with(training)


def _before(project: TeachProject, kept: Path) -> list[Path]:
    if not kept.name.isdecimal():  # it has no place among the others
        return []
    resumed = project.unfinished[:1]
    made = (place for place in project.trainings.glob("*") if place.name.isdecimal())
    before = (place for place in made if int(place.name) < int(kept.name))
    return [place for place in before if place not in resumed]


def _clear_if_done_with(training: Path) -> None:
    if not has_begun(training):  # its process is between two locks
        return
    with at_work(training), Project(training).locked():
        if _is_done_with(training):
            clear(training)


def _is_done_with(training: Path) -> bool:
    if not is_compared(training):
        return True
    return read_comparison(training).model.parent != training.resolve()
