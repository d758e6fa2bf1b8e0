"""A training in a process of its own: begun, watched, stopped, and what came of it.

::

    Exercise --problem--> Lesson --Job--> Worker ==pipe==> skoots.teach in its process
    TeachWish --base----'    |  <-- events, in lock step --'
                             +--> view (curves, time), the prediction of the preview box
                             '--> finished --> Comparing
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.teaching.running_training import RunningTraining
from napari_skoots.controllers.teaching.teach_wish import TeachWish
from napari_skoots.controllers.teaching.unfinished import Unfinished
from napari_skoots.controllers.teaching.warm_worker import WarmWorker, threads
from skoots.errors import RunError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.engine import Engine
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.state.teaching import LessonView, WishView
    from napari_skoots.state.views import Choice
    from skoots.events import Event, TeachFinished


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
        self._board = board
        self._engine = engine
        self._models = models
        self._exercise = exercise
        self._wish = TeachWish(models, exercise)
        self._process = WarmWorker()
        self._unfinished = Unfinished()
        self._running = RunningTraining(viewer, board, exercise)
        self.undecided = False
        """Whether a model waits to be kept or discarded."""
        for signal in (exercise.changed, models.changed, models.listed, engine.changed):
            signal.connect(self._on_other)
        self._wish.changed.connect(self.changed)
        self._running.ended.connect(self._on_ended)
        self._running.changed.connect(self.changed)
        self._running.finished.connect(self.finished)
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

    def choose_base(self, key: str) -> None:
        """Begin with another model, or with none."""
        self._wish.choose_base(key)

    def set_seconds(self, seconds: float) -> None:
        """Train so long; 0 for until it is stopped."""
        self._wish.set_seconds(seconds)

    def set_diameter(self, diameter: float | None) -> None:
        """Say how large objects are, in voxels of the image; None for as measured."""
        self._wish.set_diameter(diameter)

    def set_rehearse(self, rehearse: bool) -> None:  # noqa: FBT001 - a signal's
        """Learn the sample of the model along, so that it does not forget; or not."""
        self._wish.set_rehearse(rehearse)

    # ---- doing it

    @property
    def view(self) -> LessonView | None:
        """The training that runs, or the last one; None before the first."""
        return self._running.view

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
            "rehearse": self._wish.rehearse,
            **self._machine,
        }

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._process.need().teach(project.path, **wish)

        self._running.begin(start, project, self._wish.seconds)

    @property
    def resume_offer(self) -> str:
        """Say which training waits to be gone on with; empty where none does."""
        project = self._exercise.project
        if project is None or self._running.job is not None or self.undecided:
            return ""
        return self._unfinished.offer(project)

    @property
    def resume_answer(self) -> str:
        """Say what `go_on` would do, on a button."""
        project = self._exercise.project
        return "" if project is None else self._unfinished.answer(project)

    def go_on(self) -> None:
        """Go on with the training that was interrupted, or decide about its model.

        Raises
        ------
        SkootsError
            If there is none, or a job runs.
        """
        project = self._exercise.project
        training = None if project is None else self._unfinished.of(project)
        if project is None or training is None:
            raise RunError("No training was interrupted.")
        machine = self._machine

        def start() -> Generator[Event, Any, TeachFinished]:
            return self._process.need().go_on(project.path, training, **machine)

        self._running.begin(start, project, begun=True)

    def forget_pending(self) -> None:
        """Look anew which training waits: one has ended, or was decided."""
        self._unfinished.forget()

    def finish(self) -> None:
        """Stop, and go on with the best model so far."""
        self._running.finish()

    def look(self) -> None:
        """Let the network in training show what it finds where the user looks."""
        self._running.look()

    def close(self) -> None:
        """End the process; the viewer is closed."""
        self._process.close()
        self._running.close()

    # ---- what it needs

    @property
    def _machine(self) -> dict[str, Any]:
        return {
            "device": self._models.device,
            "threads": threads(),
            "look_at": self._running.place,
        }

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

    def _on_ended(self) -> None:
        self._process.try_again()
        self.forget_pending()

    def _on_other(self) -> None:
        """Begin the process as soon as somebody paints."""
        ready = self._engine.state is EngineState.READY
        if ready and self._exercise.layer is not None:
            self._process.warm_up()
        self.changed.emit()
