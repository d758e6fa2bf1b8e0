"""A training that was interrupted, or whose model nobody decided about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import SkootsError

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach.project import TeachProject


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits in a project, and what is offered."""

    project: Path
    training: Path | None = None
    offer: str = ""
    answer: str = ""


class Unfinished:
    """Looks once for what waits in a project; the panel asks all the time."""

    def __init__(self) -> None:
        self._known: _Waiting | None = None

    def of(self, project: TeachProject) -> Path | None:
        """Give the folder of the training that waits, if one does."""
        return self._look(project).training

    def offer(self, project: TeachProject) -> str:
        """Say what waits in a project; empty where nothing does."""
        return self._look(project).offer

    def answer(self, project: TeachProject) -> str:
        """Say in a few words what would be done about it."""
        return self._look(project).answer

    def forget(self) -> None:
        """Look anew: a training has ended, or was decided."""
        self._known = None

    def _look(self, project: TeachProject) -> _Waiting:
        if self._known is None or self._known.project != project.path:
            training = project.pending
            found = ("", "") if training is None else _offered(project, training)
            self._known = _Waiting(project.path, training, *found)
        return self._known


def _offered(project: TeachProject, training: Path) -> tuple[str, str]:
    from skoots.teach.recalled import is_trained  # noqa: PLC0415 - imports numpy
    from skoots.teach.record import is_compared  # noqa: PLC0415 - imports numpy

    try:
        nothing_left = is_trained(training)
    except SkootsError:  # damaged: who goes on is told
        nothing_left = False
    if is_compared(training):
        offer = f"The last model of {project.name} was neither kept nor discarded."
    elif nothing_left:
        offer = (
            f"The last training of {project.name} has taken its time, and its model "
            "was not compared yet."
        )
    else:
        offer = (
            f"The last training of {project.name} was interrupted: it can go on, or "
            "end with its best model."
        )
    return offer, "Compare and decide" if nothing_left else "Go on"
