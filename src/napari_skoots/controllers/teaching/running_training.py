"""The training that runs: its job, and what the viewer shows of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.teaching.course import Course
from napari_skoots.controllers.teaching.outlook import Outlook
from napari_skoots.jobs import Job
from napari_skoots.layers import view_centre
from napari_skoots.state.views import MessageView
from skoots.events import CheckpointSaved, Predicted, TrainStep, Validated

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.state.teaching import LessonView
    from skoots.events import Event, TeachFinished
    from skoots.teach.project import TeachProject

    Start = Callable[[], Generator[Event, Any, TeachFinished]]

_SETTLE_MS = 200
"""Between two times that the panel is brought up to date by steps."""

_NOT_YET = "Nothing is learned yet; what you painted stays."
_KEPT = "What it has learned is kept: the training can be gone on with."
"""Said of a cancel, before there is something to go on with and after."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A training: what it was begun with, and, when it has ended, what came of it."""

    project: TeachProject
    example: Path | None
    """Of the image that was chosen when it began."""

    finished: TeachFinished | None = None


class RunningTraining:
    """The training that runs, or the last one.

    Parameters
    ----------
    viewer : ViewerModel
        Shows what the network in training finds.
    board : Board
        Runs the job.
    exercise : Exercise
        What is painted.
    """

    changed = Signal()

    finished = Signal(object)
    """A `Taught` whose training has ended."""

    ended = Signal()
    """It runs no more, however it ended."""

    def __init__(self, viewer: ViewerModel, board: Board, exercise: Exercise) -> None:
        self._viewer = viewer
        self._board = board
        self._exercise = exercise
        self._outlook = Outlook(viewer)
        self._course: Course | None = None
        self._taught: Taught | None = None
        self.job: Job | None = None
        """The job, as long as it runs."""
        self._settle = QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.changed.emit)

    @property
    def view(self) -> LessonView | None:
        """How it goes, or went; None before the first."""
        return None if self._course is None else self._course.view

    @property
    def place(self) -> tuple[str, tuple[float, float, float]] | None:
        """What the user looks at: name of the example, and where in it, in voxels.

        None where that is no example.
        """
        layer, example = self._exercise.layer, self._exercise.example
        if layer is None or example is None or layer not in self._viewer.layers:
            return None
        centre = view_centre(self._viewer, layer, "ZYX", example.shape)
        return None if centre is None else (example.name, centre)

    def begin(
        self,
        start: Start,
        project: TeachProject,
        seconds: float = 0.0,
        *,
        begun: bool = False,
    ) -> None:
        """Run a training.

        Parameters
        ----------
        start : callable
            Gives its events.
        project : TeachProject
            What it learns from.
        seconds : float
            That it takes; 0 for until it is stopped.
        begun : bool
            Whether it goes on, so that something is kept from the start.

        Raises
        ------
        RunError
            If another job runs.
        """
        example = self._exercise.example
        taught = Taught(project, None if example is None else example.path)
        job = Job(start, f"Teach {project.name}")
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.ended.connect(self._on_ended)
        self._board.run(job, kept=_KEPT if begun else _NOT_YET)
        self.job, self._course, self._taught = job, Course(seconds), taught
        self.look()
        self.changed.emit()

    def finish(self) -> None:
        """Stop it with the best model so far."""
        if self.job is None or self._course is None:
            return
        self.job.ask("finish")
        self._course.view = replace(self._course.view, finishing=True)
        self._board.resume()
        self.changed.emit()

    def look(self) -> None:
        """Let the network show what it finds where the user looks."""
        example, place = self._exercise.example, self.place
        if self.job is None or self._taught is None or example is None:
            return
        if place is not None and example.path == self._taught.example:
            self.job.look_at(place[1])

    def close(self) -> None:
        """Show nothing more; the viewer is closed."""
        self._settle.stop()

    # ---- what it says

    def _on_event(self, event: Event) -> None:
        if self._course is not None:
            self._course.hear(event)
        if _is_kept(event):
            self._board.say_kept(_KEPT)
        if isinstance(event, Predicted):
            self._outlook.show(event, self._layer_of(event.example))
        if isinstance(event, TrainStep) and self._settle.isActive():
            return
        self._settle.start()

    def _layer_of(self, name: str) -> Labels | None:
        """Give the teaching layer of an example of the training, if it is shown."""
        example, taught = self._exercise.example, self._taught
        if example is None or taught is None:
            return None
        own = example.path.parent.parent == taught.project.path
        return self._exercise.layer if own and example.name == name else None

    def _on_returned(self, result: TeachFinished) -> None:
        if self._course is not None:
            self._board.tell(MessageView(self._course.words(result)))
        if self._taught is not None:
            self.finished.emit(replace(self._taught, finished=result))

    def _on_ended(self) -> None:
        self.job = None
        self.ended.emit()
        self._outlook.hide()
        if self._course is not None:
            self._course.end()
        self.changed.emit()


def _is_kept(event: Event) -> bool:
    """Tell whether a training can be gone on with from here: one that stops saves."""
    if isinstance(event, Validated):
        return event.best
    return isinstance(event, TrainStep | CheckpointSaved)
