"""Before and after, on what training did not see; kept or thrown away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_skoots.controllers.teaching.deciding import (
    delete_training,
    free_name,
    keep_and_take_in,
)
from napari_skoots.controllers.teaching.sides import Sides
from napari_skoots.controllers.teaching.view_of_comparison import view_of_comparison
from napari_skoots.jobs import Job
from napari_skoots.layers.source import is_overlay
from napari_skoots.state.teaching import Side
from skoots.errors import RunError, SkootsError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.again import Again
    from napari_skoots.controllers.teaching.deciding import Kept
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.teaching.lesson import Lesson
    from napari_skoots.controllers.teaching.running_training import Taught
    from napari_skoots.state.teaching import ComparisonView
    from skoots.events import TeachFinished
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
        self._keeping: Job | None = None
        self.view: ComparisonView | None = None
        lesson.finished.connect(self._on_finished)
        exercise.changed.connect(self._on_example)
        self._sides.changed.connect(self._on_layers)

    def close(self) -> None:
        """Follow the viewer no more."""
        self._sides.close()

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

        training = finished.training
        job = Job(lambda: keep_and_take_in(project, training, name), f"Keep {name}")
        job.returned.connect(self._on_kept)
        self._board.run(job, pausable=False, kept="The model is not kept.")
        self._keeping = job

    def discard(self) -> None:
        """Throw the model away; what is painted stays.

        A folder that cannot be deleted is told, and stands in nobody's way: the next
        training waits for this decision alone.

        Raises
        ------
        RunError
            If it is being kept just now.
        """
        if self._keeping is not None and self._keeping.running:
            raise RunError("The model is being kept. Wait a moment.")
        try:
            if self.view is not None and not self.view.kept:
                _, finished = self._need()
                delete_training(finished.training)
        except SkootsError as error:
            self._exercise.told.emit(error)
        finally:
            self.dismiss()

    def dismiss(self) -> None:
        """Show nothing of it any more."""
        self._taught, self.view = None, None
        self._sides.hide()
        self._decided()

    def segment_again(self) -> None:
        """Segment what was segmented before with the model that was kept.

        Raises
        ------
        SkootsError
            If it was not kept, or a job runs.
        """
        if self.view is None or not self.view.kept:
            raise RunError("Keep the model first: give it a name.")
        _, finished = self._need()
        self._again.begin(self.view.kept, finished.training)
        self.view = replace(self.view, over=True)
        self._sides.hide()
        self.changed.emit()

    def _need(self) -> tuple[TeachProject, TeachFinished]:
        taught = self._taught
        if taught is None or taught.finished is None:
            raise RunError("There is no model to keep. Train one.")
        return taught.project, taught.finished

    def _on_kept(self, kept: Kept) -> None:
        self._board.tell(kept.words)
        self._models.refresh()
        if self.view is not None:
            chosen = kept.trouble is None
            self.view = replace(self.view, kept=kept.name, chosen=chosen)
        if kept.trouble is None:
            self._models.choose(kept.name)
            self._lesson.choose_base(kept.name)  # who teaches on begins with it
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
        name = free_name(taught.project, [view.name for view in self._models.views])
        self.view = view_of_comparison(finished, name)
        self._lesson.undecided = True
        self._sides.hide()
        self._on_example()
        self._on_layers()  # also where none came
        self.show(Side.AFTER)

    def _on_example(self) -> None:
        """Show the labels on the image that they are of, and on no other."""
        if self._taught is None or self._taught.finished is None or self.view is None:
            return
        example, layer = self._exercise.example, self._exercise.layer
        if self.view.over:
            return  # they would lie over the new labels
        parts, found = [], self._taught.finished.parts
        if example is not None and layer is not None:
            own = example.path.parent.parent == self._taught.project.path
            parts = [part for part in found if own and part.example == example.name]
        elsewhere = "" if parts or not found else found[0].example
        moved = elsewhere != self.view.elsewhere
        self.view = replace(self.view, elsewhere=elsewhere)
        if self._sides.take(parts, layer):
            self._sides.show(self.view.side)
            moved = True
        if moved:
            self.changed.emit()

    def _on_layers(self) -> None:
        """Offer only what can be seen: the user may remove layers, and add them."""
        there = self._sides.there
        if self.view is not None and self.view.there != there:
            self.view = replace(self.view, there=there)
            self.changed.emit()
