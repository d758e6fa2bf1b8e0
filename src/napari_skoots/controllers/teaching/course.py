"""How a training goes, from its events."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_skoots.controllers.progress import STAGES
from napari_skoots.state.teaching import LessonView
from skoots.events import (
    BlockDone,
    ObjectsDone,
    Predicted,
    Recalled,
    StageStarted,
    TrainFinished,
    TrainStarted,
    TrainStep,
    Validated,
    Validating,
)

if TYPE_CHECKING:
    from skoots.events import Event, Points, TeachFinished

UNASSIGNED = 0.25
"""Share of the foreground without an object from which on the user is told.

An untrained network leaves as much; so it counts only where it has been less."""

_SMOOTH = 0.9
"""Share of the mean loss that a step keeps."""

_MOST_POINTS = 600
"""Of a curve; beyond, every second one goes."""

_STARTING = "Starting the process that teaches…"
"""Until it says anything: one that is warm does so at once."""

_LOADING = "Loading data and network…"

_FIRST = "First step…"

_MEASURING = "Measuring what is painted"

_STAGES = STAGES | {"find": _MEASURING, "measure": _MEASURING}
"""What a user reads for a stage before the first step."""

_COUNTED = ("skeletonize", "cut")
"""Stages of which each object, or image, takes a while."""


class Course:
    """Turns events into what the panel shows.

    Parameters
    ----------
    seconds : float
        That were wished; 0 for until it is stopped.
    """

    def __init__(self, seconds: float) -> None:
        self.view = LessonView(True, preparing=_STARTING, seconds_total=seconds)
        self._mean = math.nan
        self._least = math.inf

    def hear(self, event: Event) -> None:
        """Take an event of the training."""
        match event:
            case StageStarted(stage, done, total) if not self.view.step:
                self._begin(stage, done, total)
            case (
                BlockDone(stage="cut" as stage, done=done, total=total)
                | ObjectsDone(stage="skeletonize" as stage, done=done, total=total)
            ) if not self.view.step:
                self._begin(stage, done, total)
            case Validating() if not self.view.step:
                self._prepare("Looking at what is found before…")
            case TrainStarted(seconds=seconds):
                self._prepare(_FIRST)
                self.view = replace(self.view, seconds_total=seconds)
            case Recalled():
                self._recall(event)
            case TrainFinished():  # also where no step was left
                self._prepare("")
            case TrainStep(loss=loss, seconds=seconds, step=step):
                self._step(step, loss, seconds)
            case Validated(validation=found, best=best, seconds=seconds):
                self._score(found.get("f1_50"), seconds, best=best)
            case Predicted(unassigned=share):
                self._watch(share)
            case _:
                pass

    def end(self) -> None:
        """Say that it runs no more."""
        self.view = replace(self.view, running=False, preparing="", finishing=False)

    def words(self, result: TeachFinished) -> str:
        """Say how it ended."""
        view, best = self.view, self.view.best_at
        trained = f"{view.step} steps in {view.seconds:.0f} s. " if view.step else ""
        if not result.after:
            return f"{trained}Nothing was held out, so nobody knows how good it is."
        if not result.improved:
            return f"{trained}No model was better than the one it began with."
        if best is None:  # of a sitting before, which said no second to this one
            return f"{trained}The best model was found earlier."
        return f"{trained}The best model is from second {best:.0f}."

    def _begin(self, stage: str, done: int, total: int) -> None:
        """Say what is done before the first step, and how far that is."""
        if stage == "skeletonize" and done >= total:  # nothing is said of what follows
            self._prepare(_LOADING)
            return
        count = f", {done} of {total}" if total > 1 and stage in _COUNTED else "…"
        self._prepare(f"{_STAGES.get(stage, stage.capitalize())}{count}")

    def _prepare(self, text: str) -> None:
        self.view = replace(self.view, preparing=text)

    def _recall(self, past: Recalled) -> None:
        """Go on where the curves of an earlier sitting ended."""
        self.view = replace(
            self.view,
            step=past.steps,
            seconds=past.seconds,
            loss=_thinned(past.losses),
            score=past.scores,
            best_at=past.best_at,
        )

    def _step(self, step: int, loss: float, seconds: float) -> None:
        if math.isfinite(loss):
            first = math.isnan(self._mean)
            mean = loss if first else _SMOOTH * self._mean + (1 - _SMOOTH) * loss
            self._mean = mean
            points = _thinned((*self.view.loss, (seconds, mean)))
            self.view = replace(self.view, loss=points)
        self.view = replace(self.view, preparing="", step=step, seconds=seconds)

    def _score(self, f1: float | None, seconds: float, *, best: bool) -> None:
        if f1 is not None:
            score = (*self.view.score, (seconds, f1))
            self.view = replace(self.view, score=score)
        if best:
            self.view = replace(self.view, best_at=seconds)
        if not self.view.step:  # what is found before is known by now
            self._prepare(_FIRST)

    def _watch(self, share: float | None) -> None:
        """Raise the alarm where more and more of the foreground has no object."""
        alarm = ""
        if share is not None:
            self._least = min(self._least, share)
            if share > UNASSIGNED and share > 2 * self._least:
                alarm = (
                    f"{share:.0%} of what the network takes for objects belongs to "
                    f"none of them, and it was {self._least:.0%}: it may have learned "
                    "your objects by heart. The best model so far is kept."
                )
        self.view = replace(self.view, unassigned=share, alarm=alarm)


def _thinned(points: Points) -> Points:
    while len(points) > _MOST_POINTS:
        points = points[::2]
    return points
