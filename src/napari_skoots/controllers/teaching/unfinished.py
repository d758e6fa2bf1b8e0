"""A training that was interrupted, or whose model nobody decided about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach.project import TeachProject


class Unfinished:
    """Looks once for what waits in a project; the panel asks all the time."""

    def __init__(self) -> None:
        self._known: tuple[Path, Path | None] | None = None

    def of(self, project: TeachProject) -> Path | None:
        """Give the folder of the training that waits, if one does."""
        if self._known is None or self._known[0] != project.path:
            self._known = project.path, project.pending
        return self._known[1]

    def forget(self) -> None:
        """Look anew: a training has ended, or was decided."""
        self._known = None

    def offer(self, project: TeachProject) -> str:
        """Say what waits in a project; empty where nothing does."""
        training = self.of(project)
        if training is None:
            return ""
        from skoots.teach.record import is_compared  # noqa: PLC0415 - imports numpy

        if is_compared(training):
            return f"The last model of {project.name} was neither kept nor discarded."
        return (
            f"The last training of {project.name} was interrupted: it can go on, or "
            "end with its best model."
        )
