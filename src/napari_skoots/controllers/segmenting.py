"""Runs: begun, asked about, paused, cancelled, gone on with, and opened again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.open_run import OpenRun
from napari_skoots.controllers.output import free_path
from napari_skoots.controllers.progress import Progress, explain
from napari_skoots.jobs import Job
from napari_skoots.state.views import JobState, Level, MessageView
from skoots.errors import RunError
from skoots.events import RunStarted
from skoots.run.folder import RunFolder
from skoots.run.layout import is_run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.request import Request
    from skoots.events import Event, RunFinished

    Answer = tuple[str, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the user can decide."""

    text: str
    answers: tuple[Answer, ...]
    """What a button says, and what it does; the first is the usual one."""


class Segmenting:
    """The one run that a viewer works on, and the runs that are open in it.

    Parameters
    ----------
    viewer : ViewerModel
        Where labels are shown.
    """

    job_changed = Signal()
    question_changed = Signal()
    opened = Signal(object)
    """An `OpenRun` whose layer was just shown."""

    settled = Signal(object)
    """An `OpenRun` whose job has ended, however it did."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._runs: dict[Path, OpenRun] = {}
        self._job: Job | None = None
        self._last: Request | None = None
        self._ended_well = True
        self.current: OpenRun | None = None
        self.progress: Progress | None = None
        self.question: Question | None = None

    # ---- beginning

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._job is not None

    def begin(self, request: Request) -> None:
        """Begin a run, or ask what to do with one that is there."""
        if self.busy:
            raise RunError("A job is running. Wait for it, or cancel it.")
        self.ask(None)
        if not is_run(request.out):
            self.start(request)
        elif self._continues(request):
            self.start(request, resume=True)
        else:
            self.ask(self._about(request))

    def start(
        self, request: Request, *, resume: bool = False, overwrite: bool = False
    ) -> None:
        """Begin a run without asking."""
        if overwrite:
            self._forget(request.out)
        self._last = request

        def begin() -> Generator[Event, Any, RunFinished]:
            return request.begin(resume=resume or not overwrite, overwrite=overwrite)

        self._launch(Job(begin, request.title))

    def relabel(self, config: dict[str, Any], device: str) -> None:
        """Make the labels of the open run anew, without the network."""
        opened = self.current
        if opened is None or self.busy:
            return
        self.ask(None)

        def begin() -> Generator[Event, Any, RunFinished]:
            from skoots.inference.relabel import relabel  # noqa: PLC0415 - torch

            settings = {"INFERENCE": config} if config else None
            return relabel(opened.path, settings, device=device)

        self._launch(Job(begin, f"Labels of {opened.name}"))
        opened.follow()

    def _launch(self, job: Job) -> None:
        self.progress = Progress("run", job.title)
        self._job = job
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_failed)
        job.stopped.connect(self._on_stopped)
        job.ended.connect(self._on_ended)
        job.start()
        self.job_changed.emit()

    # ---- while it runs

    def pause(self) -> None:
        """Wait after the tile that is worked on."""
        if self._job and self.progress:
            self._job.pause()
            self.progress.turn(JobState.PAUSED)
            self.job_changed.emit()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._job and self.progress:
            self._job.resume()
            self.progress.turn(JobState.RUNNING)
            self.job_changed.emit()

    def cancel(self) -> None:
        """Stop after the tile that is worked on; what is done is kept."""
        if self._job and self.progress:
            self._job.cancel()
            self.progress.turn(JobState.CANCELLING)
            self.job_changed.emit()

    def look_at(self, point: tuple[float, float, float] | None) -> None:
        """Ask for the tiles nearest to a point (Z, Y, X) of the image first."""
        if self._job and point is not None:
            self._job.look_at(point)

    # ---- questions

    def ask(self, question: Question | None) -> None:
        """Ask the user something, or nothing any more."""
        self.question = question
        self.question_changed.emit()

    def answer(self, key: str) -> None:
        """Do what the user chose."""
        if self.question is None:
            return
        act = dict(self.question.answers)[key]
        self.ask(None)
        act()

    def _continues(self, request: Request) -> bool:
        """Whether a request adds to the run that was made last, in the same way."""
        last = self._last
        return (
            last is not None
            and self._ended_well
            and self.current is not None
            and self.current.path == request.out
            and replace(last, region=None, source=request.source, config={})
            == replace(request, region=None, config={})
        )

    def _about(self, request: Request) -> Question:
        """Ask what to do with a run that is there."""
        name = request.out.name
        anew = ("Start over", lambda: self.start(request, overwrite=True))
        both = ("Keep both", lambda: self._beside(request))
        plan = RunFolder.open(request.out).plan
        if plan.model.digest != request.checkpoint.digest:
            text = f"{name} was made with another model, {plan.model.name}."
            return Question(text, (both, anew))
        on = ("Go on", lambda: self.start(request, resume=True))
        text = f"{name} is there already: a run of this model."
        return Question(text, (on, anew, both))

    def _beside(self, request: Request) -> None:
        self.start(replace(request, out=free_path(request.out)))

    # ---- runs that are open

    def reopen(self, path: Path, opened: OpenRun) -> None:
        """Take over a run that was opened from its folder."""
        self._runs[path] = opened
        self.current = opened
        opened.show()
        self.opened.emit(opened)
        self.settled.emit(opened)

    def _open(self, path: Path) -> OpenRun:
        opened = self._runs.get(path)
        request = self._last
        if opened is None and request is not None:
            opened = OpenRun(
                self._viewer, path, request.name, request.geometry, request.image_id
            )
            self._runs[path] = opened
        if opened is None:
            raise RunError(f"{path} is not open.")
        return opened

    def _forget(self, path: Path) -> None:
        """Close a run that is about to be deleted."""
        opened = self._runs.pop(path, None)
        if opened is not None:
            opened.close()
        if self.current is opened:
            self.current = None

    # ---- what the job says

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.current = self._open(event.run)
            self.current.show()
            self.current.follow()
            self.opened.emit(self.current)
        if self.progress is not None:
            self.progress.hear(event)
            self.job_changed.emit()

    def _on_returned(self, result: RunFinished) -> None:
        said = f"{result.objects} objects in {result.seconds:.0f} s."
        self._end(JobState.DONE, MessageView(said))

    def _on_stopped(self) -> None:
        kept = MessageView("Cancelled. What is done is kept.")
        self._end(JobState.CANCELLED, kept)

    def _on_failed(self, error: Exception) -> None:
        self._end(JobState.FAILED, explain(error))

    def _end(self, state: JobState, message: MessageView) -> None:
        self._ended_well = state is JobState.DONE
        if self.progress is not None:
            last = self.progress.view.message
            noted = last if state is JobState.DONE and last else None
            if noted is not None and noted.level is Level.WARNING:
                message = replace(message, text=f"{message.text} {noted.text}")
            self.progress.turn(state, message)

    def _on_ended(self) -> None:
        self._job = None
        if self.current is not None:
            self.current.settle()
            self.settled.emit(self.current)
        self.job_changed.emit()
        if self.progress and self.progress.view.state is JobState.CANCELLED:
            self._offer()

    def _offer(self) -> None:
        """After a cancel: go on, or make final labels of what is done."""
        request, opened = self._last, self.current
        if request is None or opened is None:
            return
        on = ("Resume", lambda: self.start(request, resume=True))
        join = (
            "Finish what is done",
            lambda: self.relabel(dict(request.config), request.device),
        )
        text = f"{opened.path.name} is not finished."
        self.ask(Question(text, (on, join)))

