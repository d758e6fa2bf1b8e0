"""Before and after, on what training did not see; kept or thrown away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.teaching.sides import Sides
from napari_skoots.jobs import Job
from napari_skoots.layers.source import is_overlay
from napari_skoots.state.teaching import ComparisonView, ScoreView, Side
from skoots.errors import RunError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.again import Again
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.teaching.lesson import Lesson
    from napari_skoots.controllers.teaching.running_training import Taught
    from skoots.events import Event, TeachFinished
    from skoots.teach.project import TeachProject


class Comparing:
    """What came of the last training, whatever is chosen meanwhile.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the labels.
    board : Board
        Runs the job that keeps a model.
    models : Models
        Gets what is kept.
    exercise : Exercise
        What was painted.
    lesson : Lesson
        The training.
    again : Again
        Segments again with what was kept.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        board: Board,
        models: Models,
        exercise: Exercise,
        lesson: Lesson,
        again: Again,
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._models = models
        self._exercise = exercise
        self._lesson = lesson
        self._again = again
        self._sides = Sides(viewer)
        self._taught: Taught | None = None
        self.view: ComparisonView | None = None
        lesson.finished.connect(self._on_finished)
        exercise.changed.connect(self._on_example)

    # ---- looking

    @property
    def layers(self) -> list[Layer]:
        """The layers that `B` is bound to: all in which a user teaches and compares.

        One of these is selected as a rule, and a layer's keys go before the viewer's.
        """
        layers, own = self._viewer.layers, self._exercise.layer
        return [layer for layer in layers if layer is own or is_overlay(layer)]

    def toggle(self) -> None:
        """Show the other side."""
        if self.view is not None:
            after = self.view.side is Side.BEFORE
            self.show(Side.AFTER if after else Side.BEFORE)

    def show(self, side: Side) -> None:
        """Show one of the two labellings."""
        if self.view is None:
            return
        self._sides.show(side)
        self.view = replace(self.view, side=side)
        self.changed.emit()

    # ---- deciding

    def keep(self, name: str) -> None:
        """Keep the model under a name, and choose it for segmenting.

        Raises
        ------
        SkootsError
            If the name is taken or none, or a job runs.
        """
        from skoots.teach.keeping import free_place  # noqa: PLC0415 - imports torch

        project, finished = self._need()
        name = name.strip()
        free_place(project, name)

        def start() -> Generator[Event, Any, str]:
            from skoots.model.shelf import import_model  # noqa: PLC0415 - imports torch
            from skoots.teach.keeping import keep  # noqa: PLC0415 - likewise

            path = keep(project, finished.training, name)
            yield Notice(f"{path.name} is in the project.")
            return import_model(path).name

        job = Job(start, f"Keep {name}")
        job.returned.connect(self._on_kept)
        self._board.run(job, pausable=False, kept="The model was not kept.")

    def discard(self) -> None:
        """Throw the model away; what is painted stays.

        Raises
        ------
        SkootsError
            If its folder cannot be deleted.
        """
        from skoots.teach.keeping import discard  # noqa: PLC0415 - imports torch

        if self.view is not None and not self.view.kept:
            _, finished = self._need()
            discard(finished.training)
        self.dismiss()

    def dismiss(self) -> None:
        """Show nothing of it any more."""
        self._sides.hide()
        self._taught, self.view = None, None
        self._decided()

    def segment_again(self) -> None:
        """Segment what was segmented before with the model that was kept.

        Raises
        ------
        SkootsError
            If it was not kept, or a job runs.
        """
        if self.view is None or not self.view.kept or self._taught is None:
            raise RunError("Keep the model first: give it a name.")
        self._again.begin(self.view.kept, self._taught.diameter)
        self._sides.hide()

    def _need(self) -> tuple[TeachProject, TeachFinished]:
        taught = self._taught
        if taught is None or taught.finished is None:
            raise RunError("There is no model to keep. Train one.")
        return taught.project, taught.finished

    def _on_kept(self, name: str) -> None:
        self._models.refresh()
        self._models.choose(name)
        if self.view is not None:
            self.view = replace(self.view, kept=name)
        self._lesson.choose_base(name)  # who teaches on begins with it
        self._decided()

    def _decided(self) -> None:
        self._lesson.undecided = False
        self._lesson.forget_pending()
        self.changed.emit()
        self._lesson.changed.emit()

    # ---- the training

    def _on_finished(self, taught: Taught) -> None:
        finished = taught.finished
        if finished is None:
            return
        self._taught = taught
        self.view = ComparisonView(
            before=_score(finished.before) if finished.before else None,
            after=_score(finished.after),
            improved=finished.improved,
            side=Side.AFTER,
            name=self._free_name(taught.project),
            base=_base_of(finished),
            held_out=bool(finished.after),
        )
        self._lesson.undecided = True
        self._sides.hide()
        self._on_example()
        self.show(Side.AFTER)

    def _on_example(self) -> None:
        """Show the labels on the image that they are of, and on no other."""
        if self._taught is None or self._taught.finished is None or self.view is None:
            return
        example, layer = self._exercise.example, self._exercise.layer
        parts = []
        if example is not None and layer is not None:
            own = example.path.parent.parent == self._taught.project.path
            of_all = self._taught.finished.parts if own else ()
            parts = [part for part in of_all if part.example == example.name]
        if self.view.kept and not self._sides.layers:
            return  # segmented again: they would lie over the new labels
        if self._sides.take(parts, layer):
            self._sides.show(self.view.side)
            self.changed.emit()

    def _free_name(self, project: TeachProject) -> str:
        """Give a name that no model has."""
        taken = {view.name.lower() for view in self._models.views}
        taken |= {path.stem.lower() for path in project.models.glob("*.skoots")}
        name, number = project.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{project.name}-{number}"
        return name


def _base_of(finished: TeachFinished) -> str:
    """Name the model that a training began with: another may be chosen by now."""
    from skoots.teach.record import read_record  # noqa: PLC0415 - on use

    base = read_record(finished.training).base
    return "" if base is None else base.name


def _score(said: Mapping[str, Any]) -> ScoreView:
    return ScoreView(
        f1=float(said.get("f1_50", 0.0)),
        found=int(said.get("found", 0)),
        true=int(said.get("objects_truth", 0)),
        predicted=int(said.get("objects_predicted", 0)),
    )
