"""A training in a process of its own: begun, watched, stopped, and what came of it.

::

    Exercise --problem--> Lesson --Job--> Worker ==pipe==> skoots.teach in its process
    TeachWish --base----'    |  <-- events, in lock step --'
                             +--> view (curves, time), the prediction of the preview box
                             '--> finished --> Comparing
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.teaching.course import Course
from napari_skoots.controllers.teaching.outlook import Outlook
from napari_skoots.controllers.teaching.teach_wish import TeachWish
from napari_skoots.jobs import Job
from napari_skoots.layers import view_centre
from napari_skoots.state.views import MessageView
from skoots.errors import RunError, SkootsError, TrainingError, WorkerError
from skoots.events import Predicted, TrainStep

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.engine import Engine
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.state.teaching import LessonView, WishView
    from napari_skoots.state.views import Choice
    from skoots.events import Event, TeachFinished
    from skoots.teach.process import Worker
    from skoots.teach.project import TeachProject

_SETTLE_MS = 200
"""Between two times that the panel is brought up to date by steps."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A training: what it was begun with, and, when it has ended, what came of it."""

    project: TeachProject
    example: Path | None
    """Of the image that was chosen when it began."""

    diameter: float | None = None
    """Of a typical object, in voxels of that image."""

    finished: TeachFinished | None = None


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
    """A `Taught` whose training has ended."""

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
        self._wish = TeachWish(models, exercise)
        self._worker: Worker | None = None
        self._hiring = threading.Lock()
        self._closed = False
        self._trouble = ""
        self._job: Job | None = None
        self._taught: Taught | None = None
        self._course: Course | None = None
        self._outlook = Outlook(viewer)
        self._pending: tuple[Path, Path | None] | None = None
        self.undecided = False
        """Whether a model waits to be kept or discarded."""
        self._settle = QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.changed.emit)
        for signal in (exercise.changed, models.changed, models.listed, engine.changed):
            signal.connect(self._on_other)
        self._wish.changed.connect(self.changed)
        board.freed.connect(self._on_other)

    # ---- what is wished

    @property
    def bases(self) -> list[Choice]:
        """Models that a training can begin with, and none of them."""
        return self._wish.bases

    @property
    def base(self) -> str:
        """The key of the model to begin with."""
        return self._wish.base

    @property
    def wish(self) -> WishView:
        """What the panel shows of it."""
        return self._wish.view(self._blocked)

    @property
    def view(self) -> LessonView | None:
        """The training that runs, or the last one; None before the first."""
        return None if self._course is None else self._course.view

    def choose_base(self, key: str) -> None:
        """Begin with another model, or with none."""
        self._wish.choose_base(key)

    def set_seconds(self, seconds: float) -> None:
        """Train so long; 0 for until it is stopped."""
        self._wish.set_seconds(seconds)

    def set_diameter(self, diameter: float | None) -> None:
        """Say how large objects are, in voxels of the image; None for as measured."""
        self._wish.set_diameter(diameter)

    # ---- doing it

    def train(self) -> None:
        """Begin a training.

        Raises
        ------
        SkootsError
            If something is missing, or a job runs.
        """
        self._exercise.flush()
        blocked, project = self._blocked, self._exercise.project
        if blocked or project is None:
            raise TrainingError(blocked)
        wish = {
            "base": self.base or None,
            "seconds": self._wish.seconds,
            "diameter": self._wish.typed,
            **self._machine,
        }

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._ready_worker().teach(project.path, **wish)

        taught = self._taught_in(project)
        self._run(start, taught, self._wish.seconds)

    @property
    def resume_offer(self) -> str:
        """Say which training waits to be gone on with; empty where none does."""
        project = self._exercise.project
        if project is None or self._job is not None or self.undecided:
            return ""
        training = self._waiting(project)
        if training is None:
            return ""
        from skoots.teach.record import is_compared  # noqa: PLC0415 - imports numpy

        if is_compared(training):
            return f"The last model of {project.name} was neither kept nor discarded."
        return (
            f"The last training of {project.name} was interrupted: it can go on, or "
            "end with its best model."
        )

    def go_on(self) -> None:
        """Go on with the training that was interrupted, or decide about its model.

        Raises
        ------
        SkootsError
            If there is none, or a job runs.
        """
        project = self._exercise.project
        training = None if project is None else self._waiting(project)
        if project is None or training is None:
            raise RunError("No training was interrupted.")
        machine = self._machine

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._ready_worker().go_on(project.path, training, **machine)

        self._run(start, self._taught_in(project), 0.0)

    def finish(self) -> None:
        """Stop, and go on with the best model so far."""
        if self._job is None or self._course is None:
            return
        self._job.ask("finish")
        self._course.view = replace(self._course.view, finishing=True)
        self._board.resume()
        self.changed.emit()

    def close(self) -> None:
        """End the process; the viewer is closed."""
        with self._hiring:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            # it may be saving; the program waits for this thread, the window does not
            threading.Thread(target=worker.close, name="skoots: teach no more").start()
        self._settle.stop()

    # ---- the process

    def _taught_in(self, project: TeachProject) -> Taught:
        example = self._exercise.example
        path = None if example is None else example.path
        return Taught(project, path, self._wish.diameter)

    def _run(
        self,
        start: Callable[[], Generator[Event, Any, TeachFinished]],
        taught: Taught,
        seconds: float,
    ) -> None:
        job = Job(start, f"Teach {taught.project.name}")
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.ended.connect(self._on_ended)
        self._board.run(job, kept="The training can be gone on with.")
        self._job, self._course, self._taught = job, Course(seconds), taught
        self.look()
        self.changed.emit()

    @property
    def _machine(self) -> dict[str, Any]:
        example, centre = self._exercise.example, self._centre
        place = None if example is None or centre is None else (example.name, centre)
        return {
            "device": self._models.device,
            "threads": _threads(),
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
            if self._worker is None:
                self._worker = Worker(threads=_threads())
            return self._worker

    def warm_up(self) -> None:
        """Start the process as soon as somebody paints: it imports for seconds."""
        painting = self._exercise.layer is not None and not self._closed
        if painting and self._engine.state is EngineState.READY and not self._trouble:
            try:
                self._ready_worker()
            except SkootsError as error:  # a training will say it
                self._trouble = str(error)

    def look(self) -> None:
        """Let the network in training show what it finds where the user looks."""
        example, centre = self._exercise.example, self._centre
        if self._job is None or self._taught is None or example is None:
            return
        if centre is not None and example.path == self._taught.example:
            self._job.look_at(centre)

    # ---- what it says

    def _on_event(self, event: Event) -> None:
        if self._course is not None:
            self._course.hear(event)
        if isinstance(event, Predicted):
            self._outlook.show(event, self._layer_of(event.example))
        if isinstance(event, TrainStep) and self._settle.isActive():
            return
        self._settle.start()

    def _layer_of(self, name: str) -> Any:
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
        self._job, self._trouble = None, ""
        self.forget_pending()
        self._outlook.hide()
        if self._course is not None:
            self._course.end()
        self.changed.emit()

    def _on_other(self) -> None:
        self.warm_up()
        self.changed.emit()

    # ---- what waits

    def forget_pending(self) -> None:
        """Look anew which training waits: one has ended, or was decided."""
        self._pending = None

    def _waiting(self, project: TeachProject) -> Path | None:
        if self._pending is None or self._pending[0] != project.path:
            self._pending = project.path, project.pending
        return self._pending[1]

    @property
    def _blocked(self) -> str:
        if self._engine.state is not EngineState.READY:
            return "Loading the engine…"
        view = self._exercise.view
        if not view.layer:
            return "Make a teaching layer first."
        if view.problem:
            return view.problem
        if self.undecided:
            return "Keep or discard the model of the last training first."
        if self._wish.trouble:
            return self._wish.trouble
        return "A job is running." if self._board.busy else ""


def _threads() -> int:
    """Leave a core to the window."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return max(1, (os.cpu_count() or 1) - 1)
