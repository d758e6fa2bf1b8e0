"""A training in a process of its own: wished, watched, stopped, and what came of it.

::

    Exercise --problem--> Lesson --Job--> Worker ==pipe==> skoots.teach in its process
                             |  <-- events, in lock step --'
                             +--> view (curves, time), the prediction of the preview box
                             '--> finished --> Comparing
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.teaching.course import Course
from napari_skoots.controllers.teaching.outlook import Outlook
from napari_skoots.jobs import Job
from napari_skoots.layers import view_centre
from napari_skoots.state.teaching import SCRATCH, WishView
from napari_skoots.state.views import MessageView
from skoots.errors import RunError, TrainingError, WorkerError
from skoots.events import Predicted, TrainStep

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.engine import Engine
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.state.teaching import LessonView
    from napari_skoots.state.views import Choice
    from skoots.events import Event, TeachFinished
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.process import Worker

SECONDS = 60.0
"""What a training takes where nobody says."""

_FROM_SCRATCH = "From scratch"

_SETTLE_MS = 200
"""Between two times that the panel is brought up to date by steps."""


class Lesson:
    """Trains on what is painted.

    Parameters
    ----------
    viewer : ViewerModel
        Shows what the network in training finds.
    board : Board
        Runs the job.
    engine : Engine
        Has to be ready.
    models : Models
        To begin with.
    exercise : Exercise
        What is painted.
    """

    changed = Signal()

    finished = Signal(object)
    """A `TeachFinished`."""

    def __init__(
        self,
        viewer: ViewerModel,
        board: Board,
        engine: Engine,
        models: Models,
        exercise: Exercise,
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._engine = engine
        self._models = models
        self._exercise = exercise
        self._base: str | None = None
        self._seconds = SECONDS
        self._diameter: float | None = None
        self._worker: Worker | None = None
        self._hiring = threading.Lock()
        self._closed = False
        self._job: Job | None = None
        self._course: Course | None = None
        self._outlook = Outlook(viewer)
        self._settle = QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.changed.emit)
        for signal in (exercise.changed, models.changed, models.listed, engine.changed):
            signal.connect(self._on_other)
        board.freed.connect(self._on_other)

    # ---- what is wished

    @property
    def bases(self) -> list[Choice]:
        """Models that a training can begin with, and none of them."""
        models = [(view.key, view.name) for view in self._models.views]
        return [*models, (SCRATCH, _FROM_SCRATCH)]

    @property
    def base(self) -> str:
        """The key of the model to begin with: the one of the panel by itself."""
        known = [key for key, _ in self.bases]
        if self._base in known:
            return self._base
        return self._models.current or SCRATCH

    @property
    def wish(self) -> WishView:
        """What the panel shows of it."""
        model = self._checkpoint
        measured = self._exercise.diameter(model)
        return WishView(
            base=self.base,
            seconds=self._seconds,
            measured=measured,
            diameter=self._diameter,
            model_diameter=None if model is None else model.object_diameter,
            zoom=_zoom(model, self._diameter or measured),
            blocked=self._blocked,
        )

    @property
    def view(self) -> LessonView | None:
        """The training that runs, or the last one; None before the first."""
        return None if self._course is None else self._course.view

    def choose_base(self, key: str) -> None:
        """Begin with another model, or (`SCRATCH`) with none."""
        self._base = key
        self.changed.emit()

    def set_seconds(self, seconds: float) -> None:
        """Train so long; 0 for until it is stopped."""
        self._seconds = seconds
        self.changed.emit()

    def set_diameter(self, diameter: float | None) -> None:
        """Say how large objects are, in voxels of the image; None for as measured."""
        self._diameter = diameter
        self.changed.emit()

    # ---- doing it

    def train(self) -> None:
        """Begin a training.

        Raises
        ------
        SkootsError
            If something is missing, or a job runs.
        """
        self._exercise.flush()
        blocked = self._blocked
        if blocked:
            raise TrainingError(blocked)
        project = self._exercise.project
        assert project is not None  # noqa: S101 - else it is blocked
        wish = {
            "base": self.base or None,
            "seconds": self._seconds,
            "diameter": self._diameter,
            **self._machine,
        }

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._ready_worker().teach(project.path, **wish)

        self._run(start, f"Teach {project.name}", self._seconds)

    @property
    def resume_offer(self) -> str:
        """Say which training was interrupted; empty where none was."""
        project = self._exercise.project
        if project is None or self._job is not None or not project.unfinished:
            return ""
        return (
            f"The last training of {project.name} was interrupted: it can go on, or "
            "end with its best model."
        )

    def go_on(self) -> None:
        """Go on with the training that was interrupted.

        Raises
        ------
        SkootsError
            If there is none, or a job runs.
        """
        project = self._exercise.project
        if project is None or not project.unfinished:
            raise RunError("No training was interrupted.")
        training = project.unfinished[0]

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._ready_worker().go_on(project.path, training, **self._machine)

        self._run(start, f"Teach {project.name}", 0.0)

    def finish(self) -> None:
        """Stop, and go on with the best model so far."""
        if self._job is None or self._course is None:
            return
        self._job.ask("finish")
        self._course.view = replace(self._course.view, finishing=True)
        self._board.resume()
        self.changed.emit()

    def stop(self) -> None:
        """Stop after this step; it can be gone on with."""
        if self._job is not None:
            self._board.cancel()

    def close(self) -> None:
        """End the process; the viewer is closed."""
        self._settle.stop()
        with self._hiring:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    # ---- the process

    def _run(self, start: Any, title: str, seconds: float) -> None:
        job = Job(start, title)
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.ended.connect(self._on_ended)
        self._board.run(job, kept="The training can be gone on with.")
        self._job, self._course = job, Course(seconds)
        self._look()
        self.changed.emit()

    @property
    def _machine(self) -> dict[str, Any]:
        example = self._exercise.example
        centre = self._centre
        place = None if example is None or centre is None else (example.name, centre)
        return {
            "device": self._models.device,
            "threads": max(1, (os.cpu_count() or 1) - 1),
            "look_at": place,
        }

    @property
    def _centre(self) -> tuple[float, float, float] | None:
        """What the user looks at, in voxels of the example."""
        layer, example = self._exercise.layer, self._exercise.example
        if layer is None or example is None or layer not in self._viewer.layers:
            return None
        return view_centre(self._viewer, layer, "ZYX", example.shape)

    def _ready_worker(self) -> Worker:
        """Give the process; called in the thread of a job as well."""
        from skoots.teach.process import Worker  # noqa: PLC0415 - imports the engine

        with self._hiring:
            if self._closed:
                raise WorkerError("The viewer was closed before the training began.")
            if self._worker is None or not self._worker.alive:
                self._worker = Worker()
            return self._worker

    def warm_up(self) -> None:
        """Start the process as soon as somebody paints: it imports for seconds."""
        painting = self._exercise.layer is not None and not self._closed
        if painting and self._engine.state is EngineState.READY:
            self._ready_worker()

    def look(self) -> None:
        """Let the network in training show what it finds where the user looks."""
        self._look()

    def _look(self) -> None:
        centre = self._centre
        if self._job is not None and centre is not None:
            self._job.look_at(centre)

    # ---- what it says

    def _on_event(self, event: Event) -> None:
        if self._course is not None:
            self._course.hear(event)
        example = self._exercise.example
        if isinstance(event, Predicted) and example is not None:
            shown = event.example == example.name
            self._outlook.show(event, self._exercise.layer if shown else None)
        if isinstance(event, TrainStep) and self._settle.isActive():
            return
        self._settle.start()

    def _on_returned(self, result: TeachFinished) -> None:
        if self._course is not None:
            self._board.tell(MessageView(self._course.words(result)))
        self.finished.emit(result)

    def _on_ended(self) -> None:
        self._job = None
        self._outlook.hide()
        if self._course is not None:
            self._course.end()
        self.changed.emit()

    def _on_other(self) -> None:
        self.warm_up()
        self.changed.emit()

    # ---- the model

    @property
    def _checkpoint(self) -> Checkpoint | None:
        return self._models.find(self.base) if self.base else None

    @property
    def _blocked(self) -> str:
        if self._engine.state is not EngineState.READY:
            return "Loading the engine…"
        view = self._exercise.view
        if not view.layer:
            return "Make a teaching layer first."
        if view.problem:
            return view.problem
        if self.base and self._checkpoint is None:
            return self._models.trouble(self.base) or "Loading the model…"
        return "A job is running." if self._board.busy else ""


def _zoom(model: Checkpoint | None, diameter: float | None) -> str:
    """Say how the image is resampled for a model."""
    if model is None or not model.object_diameter or not diameter:
        return ""
    factor = model.object_diameter / diameter
    there = f"{model.object_diameter:.0f} voxels, as {model.name} knows them"
    if abs(factor - 1) < _ALIKE:
        return f"About as large as {model.name} knows them."
    return f"Resampled ×{factor:.2f}, so that they measure {there}."


_ALIKE = 0.02
