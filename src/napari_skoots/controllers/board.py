"""The one job that a viewer works on: shown, paused, cancelled, and what came of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.progress import Progress, explain
from napari_skoots.state.views import JobState, Level, MessageView
from skoots.errors import RunError
from skoots.events import RunStarted, TrainStarted

if TYPE_CHECKING:
    from napari_skoots.jobs import Job
    from napari_skoots.state.views import JobView
    from skoots.events import Event

_LOOK_MS = 1000
"""Between two looks at the memory of the device."""


class Board:
    """Holds at most one job; keeps showing how the last one ended."""

    changed = Signal()
    """What the footer shows."""

    began = Signal(str)
    """A job of this title runs."""

    freed = Signal()
    """No job runs any more; another one may begin."""

    failed = Signal(object, object)
    """Title of the job and the message: something that the user should not miss."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._progress: Progress | None = None
        self._device = ""
        self._memory = QTimer()
        self._memory.setInterval(_LOOK_MS)
        self._memory.timeout.connect(self._look_at_memory)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._job is not None

    @property
    def view(self) -> JobView | None:
        """The job that runs, or the last one; None before the first."""
        return None if self._progress is None else self._progress.view

    def run(
        self,
        job: Job,
        *,
        pausable: bool = True,
        step: str = "step",
        kept: str = "What is done is kept.",
    ) -> None:
        """Start a job and show it.

        Parameters
        ----------
        job : Job
            Whoever wants its result has connected to it.
        pausable : bool
            Whether it can wait.
        step : str
            What it finishes before it waits or stops.
        kept : str
            What is said of a cancel, before and after; see `say_kept`.

        Raises
        ------
        RunError
            If one runs.
        """
        if self._job is not None:
            raise RunError(
                f"{self._job.title!r} is running. Wait for it, or cancel it."
            )
        progress = Progress(
            job.title, job.title, pausable=pausable, step=step, kept=kept
        )
        self._job, self._progress = job, progress
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_failed)
        job.stopped.connect(self._on_stopped)
        job.ended.connect(self._on_ended)
        job.start()
        self.began.emit(job.title)
        self.changed.emit()

    def pause(self) -> None:
        """Wait after the step that is worked on, if the job can."""
        if self._job and self._progress and self._can_pause:
            self._job.pause()
            self._turn(JobState.PAUSED)

    def resume(self) -> None:
        """Go on after a pause."""
        if self._job and self._progress and self._job.paused:
            self._job.resume()
            self._turn(JobState.RUNNING)

    def cancel(self) -> None:
        """Stop after the step that is worked on."""
        if self._job and self._progress:
            self._job.cancel()
            self._turn(JobState.CANCELLING)

    def close(self) -> None:
        """Stop after the step that is worked on, and show nothing more."""
        if self._job is not None:
            self._job.leave()
            self._job = None
        with suppress(RuntimeError):  # Qt has deleted it, where the program ends
            self._memory.stop()

    def say_kept(self, kept: str) -> None:
        """Say something else of a cancel: by now more would be kept, or less."""
        if self._progress and self._progress.view.kept != kept:
            self._progress.say_kept(kept)
            self.changed.emit()

    def look_at(self, point: tuple[float, float, float] | None) -> None:
        """Ask for what is nearest to a point (Z, Y, X) of the image first."""
        if self._job and point is not None:
            self._job.look_at(point)

    def tell(self, message: MessageView) -> None:
        """Say how the last job ended, in other words."""
        if self._progress:
            self._progress.tell(message)
            self.changed.emit()

    @property
    def _can_pause(self) -> bool:
        view = self.view
        return view is not None and view.pausable and view.state is JobState.RUNNING

    def _turn(self, state: JobState, message: MessageView | None = None) -> None:
        if self._progress:
            self._progress.turn(state, message)
            self.changed.emit()

    # ---- what the job says

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RunStarted | TrainStarted):
            self._device = event.device
            self._memory.start()
            self._look_at_memory()
        if self._progress:
            self._progress.hear(event)
            self.changed.emit()

    def _on_returned(self, _result: Any) -> None:
        view = self.view
        warned = view is not None and view.message is not None
        self._turn(JobState.DONE, None if warned else MessageView("Done."))

    def _on_stopped(self) -> None:
        kept = "" if self.view is None else self.view.kept
        self._turn(JobState.CANCELLED, MessageView(f"Cancelled. {kept}"))

    def _on_failed(self, error: Exception) -> None:
        message = explain(error)
        self._turn(JobState.FAILED, message)
        if self._job is not None:
            self.failed.emit(self._job.title, message)

    def _on_ended(self) -> None:
        self._memory.stop()
        self._job = None
        self.changed.emit()
        self.freed.emit()

    def _look_at_memory(self) -> None:
        from skoots.model.devices import describe_device  # noqa: PLC0415 - torch

        if self._progress is None or not self._device:
            return
        facts = describe_device(self._device)
        self._progress.remember(facts.total_bytes - facts.free_bytes, facts.total_bytes)
        self.changed.emit()


def done(text: str, before: MessageView | None) -> MessageView:
    """Say how a job ended, after the warning that it gave, if any."""
    if before is not None and before.level is Level.WARNING:
        return MessageView(f"{text} {before.text}", before.remedy, Level.WARNING)
    return MessageView(text)
