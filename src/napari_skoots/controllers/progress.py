"""From the events of a job to what the footer shows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_skoots.controllers.words import in_panel_words
from napari_skoots.state.views import JobState, JobView, Level, MessageView
from skoots.errors import SkootsError
from skoots.events import (
    BlockDone,
    Notice,
    ObjectsDone,
    RunFinished,
    RunStarted,
    ScaleNotice,
    StageStarted,
    TrainStarted,
    TrainStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from skoots.events import Event

STAGES = {
    "predict": "Predicting",
    "label": "Joining skeletons",
    "assign": "Assigning voxels",
    "finish": "Finishing",
    "find": "Finding objects",
    "skeletonize": "Making skeletons",
    "bake": "Measuring the way to the skeletons",
    "preview": "Predicting",
    "measure": "Measuring objects",
    "convert": "Writing",
    "load": "Loading the model",
    "rehearse": "Taking along what the model knows",
    "cut": "Cutting out what is learned from",
    "train": "Training",
    "compare": "Comparing",
    "keep": "Keeping the model",
}
"""What a user reads for a stage of the engine."""

_UNITS = {
    "skeletonize": "objects",
    "cut": "images",
    "train": "seconds",
    "compare": "parts",
}
"""What is counted, where it is not tiles."""

_LEAST = 0.5
"""Seconds that a stage must have run before its end is foretold."""


class Progress:
    """What is known of one job, brought up to date by its events.

    Parameters
    ----------
    key : str
        Which job it is.
    title : str
        Such as ``Segment cells``.
    pausable : bool
        Whether it can wait.
    step, kept : str, optional
        As in `JobView`.
    now : callable
        A clock, in seconds.
    """

    def __init__(
        self,
        key: str,
        title: str,
        *,
        pausable: bool = True,
        step: str = "step",
        kept: str = "What is done is kept.",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.view = JobView(
            key, title, JobState.RUNNING, pausable=pausable, step=step, kept=kept
        )
        self._now = now
        self._began = now()
        self._before = 0
        self._objects: int | None = None

    def hear(self, event: Event) -> None:
        """Take an event of the engine."""
        match event:
            case TrainStarted(device=device, seconds=seconds):
                self._begin("train", 0, int(seconds))
                self.view = replace(self.view, device=device)
            case TrainStep(seconds=seconds):
                self._train(seconds)
            case RunStarted(device=device):
                self.view = replace(self.view, device=device)
            case StageStarted(stage=stage, done=done, total=total):
                self._begin(stage, done, total)
            case BlockDone(done=done, total=total, objects=objects):
                self._count(objects)
                self._step(done, total)
            case ObjectsDone(done=done, total=total):
                self._step(done, total)
            case ScaleNotice():
                pass  # it stands beside the size of objects
            case Notice(message=message):
                self.tell(MessageView(in_panel_words(message), level=Level.WARNING))
            case RunFinished(objects=objects):
                self.view = replace(self.view, objects=objects)
            case _:
                pass

    def tell(self, message: MessageView | None) -> None:
        """Show a message, or none."""
        self.view = replace(self.view, message=message)

    def say_kept(self, kept: str) -> None:
        """Say something else of a cancel."""
        self.view = replace(self.view, kept=kept)

    def turn(self, state: JobState, message: MessageView | None = None) -> None:
        """Change what the job is doing; the time left is unknown from then on."""
        self.view = replace(
            self.view,
            state=state,
            seconds_left=None,
            message=message or self.view.message,
        )
        if state is JobState.RUNNING:  # what it did not do while it was paused
            self._began, self._before = self._now(), self.view.done

    def remember(self, used: int, total: int) -> None:
        """Show the memory of the device, in bytes."""
        self.view = replace(self.view, memory_used=used, memory_total=total)

    def _begin(self, stage: str, done: int, total: int) -> None:
        self._began, self._before = self._now(), done
        self.view = replace(
            self.view,
            stage=STAGES.get(stage, stage.capitalize()),
            done=done,
            total=total,
            seconds_left=None,
            unit=_UNITS.get(stage, "tiles"),
        )

    def _step(self, done: int, total: int) -> None:
        seconds, steps = self._now() - self._began, done - self._before
        left = None
        if steps > 0 and seconds >= _LEAST and self.view.state is JobState.RUNNING:
            left = seconds / steps * (total - done)
        self.view = replace(self.view, done=done, total=total, seconds_left=left)

    def _train(self, seconds: float) -> None:
        """Count seconds of training; the end is known where somebody set one."""
        total = self.view.total
        left = max(0.0, total - seconds) if total else None
        done = min(int(seconds), total) if total else 0
        self.view = replace(self.view, done=done, seconds_left=left)

    def _count(self, objects: int | None) -> None:
        if objects is None:
            return
        self._objects = (self._objects or 0) + objects
        self.view = replace(self.view, objects=self._objects)


def explain(error: Exception) -> MessageView:
    """Give an error as a message: what is wrong, and what to do.

    Errors of the engine say both in their own words; of others, the user can only send
    a report.
    """
    import traceback  # noqa: PLC0415 - when something went wrong

    details = "".join(traceback.format_exception(error))
    if isinstance(error, SkootsError):
        said = in_panel_words(str(error))
        return MessageView(said, level=Level.ERROR, details=details)
    if isinstance(error, MemoryError):
        return MessageView(
            "The memory is full.",
            "Close other programs, or choose a smaller part of the image.",
            Level.ERROR,
            details,
        )
    return MessageView(
        f"{type(error).__name__}: {error}",
        "This is a fault of the program. What is done is kept; copy the details into "
        "a report.",
        Level.ERROR,
        details,
    )
