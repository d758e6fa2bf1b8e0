"""Before and after, on what training did not see; kept or thrown away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.teaching.sides import Sides
from napari_skoots.state.teaching import ComparisonView, ScoreView, Side
from skoots.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.teaching.again import Again
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.teaching.lesson import Lesson
    from skoots.events import TeachFinished
    from skoots.teach.project import TeachProject


@dataclass(frozen=True, slots=True)
class _Result:
    """A training that ended, and the project that it belongs to."""

    project: TeachProject
    finished: TeachFinished


class Comparing:
    """What came of the last training.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the labels.
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
        models: Models,
        exercise: Exercise,
        lesson: Lesson,
        again: Again,
    ) -> None:
        self._models = models
        self._exercise = exercise
        self._again = again
        self._sides = Sides(viewer)
        self._result: _Result | None = None
        self.view: ComparisonView | None = None
        lesson.finished.connect(self._on_finished)
        self._base = ""
        self._lesson = lesson

    # ---- looking

    @property
    def layers(self) -> list[Labels]:
        """The layers that are compared."""
        return self._sides.layers

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
            If the name is taken or none, or nothing can be written.
        """
        from skoots.teach.keeping import keep  # noqa: PLC0415 - imports torch

        if self._result is None or self.view is None:
            raise RunError("There is no model to keep. Train one.")
        project, finished = self._result.project, self._result.finished
        path = keep(project, finished.training, name.strip())
        self._models.import_file(path)
        self.view = replace(self.view, kept=path.stem)
        self.changed.emit()

    def discard(self) -> None:
        """Throw the model away; what is painted stays.

        Raises
        ------
        SkootsError
            If its folder cannot be deleted.
        """
        from skoots.teach.keeping import discard  # noqa: PLC0415 - imports torch

        if self._result is not None and self.view and not self.view.kept:
            discard(self._result.finished.training)
        self.dismiss()

    def dismiss(self) -> None:
        """Show nothing of it any more."""
        self._sides.hide()
        self._result, self.view = None, None
        self.changed.emit()

    def segment_again(self) -> None:
        """Segment what was segmented before with the model that was kept.

        Raises
        ------
        SkootsError
            If it was not kept, or a job runs.
        """
        if self.view is None or not self.view.kept:
            raise RunError("Keep the model first: give it a name.")
        self._sides.hide()
        wish = self._lesson.wish
        self._again.begin(self.view.kept, wish.diameter or wish.measured)

    # ---- the training

    def _on_finished(self, finished: TeachFinished) -> None:
        project, layer = self._exercise.project, self._exercise.layer
        if project is None:
            return
        self._sides.hide()
        self._result = _Result(project, finished)
        if finished.after and layer is not None:
            self._sides.take(finished, self._exercise.example, layer)
        self.view = ComparisonView(
            before=_score(finished.before) if finished.before else None,
            after=_score(finished.after),
            improved=finished.improved,
            side=Side.AFTER,
            name=self._free_name(project),
            base=self._lesson.base,
            held_out=bool(finished.after),
        )
        self.show(Side.AFTER)

    def _free_name(self, project: TeachProject) -> str:
        """Give a name that no model has."""
        taken = {view.name for view in self._models.views}
        taken |= {path.stem for path in project.models.glob("*.skoots")}
        name, number = project.name, 1
        while name in taken:
            number += 1
            name = f"{project.name}-{number}"
        return name


def _score(said: Mapping[str, Any]) -> ScoreView:
    return ScoreView(
        f1=float(said.get("f1_50", 0.0)),
        found=int(said.get("found", 0)),
        true=int(said.get("objects_truth", 0)),
        predicted=int(said.get("objects_predicted", 0)),
    )
