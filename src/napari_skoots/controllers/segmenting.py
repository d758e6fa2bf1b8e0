"""Runs: begun, asked about, gone on with, made anew, and opened again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.board import done
from napari_skoots.controllers.output import free_path
from napari_skoots.controllers.stream import INTERVAL_MS
from napari_skoots.jobs import Job
from napari_skoots.layers import view_centre
from skoots.errors import RunError, SkootsError
from skoots.events import RunStarted
from skoots.run.layout import EDITED, is_run

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.request import Request
    from napari_skoots.controllers.shown_run import ShownRun
    from skoots.events import Event, RunFinished

    Answer = tuple[str, Callable[[], None]]


def _do_nothing() -> None:
    pass


LEAVE: Answer = ("Not now", _do_nothing)
"""The answer that changes nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the user can decide."""

    text: str
    answers: tuple[Answer, ...]
    """What a button says, and what it does; the usual one first, the one that changes
    nothing last."""


class Segmenting:
    """The runs of a viewer.

    Parameters
    ----------
    viewer : ViewerModel
        Where labels are shown.
    board : Board
        Runs the jobs.
    refresh_ms : int
        Between two looks at labels that are being made.
    """

    asked = Signal()
    """There is another question, or none any more."""

    opened = Signal(object)
    """An `ShownRun` whose labels are shown and may still change."""

    settled = Signal(object)
    """An `ShownRun` whose job has ended, however it did."""

    def __init__(
        self, viewer: ViewerModel, board: Board, refresh_ms: int = INTERVAL_MS
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._refresh_ms = refresh_ms
        self._runs: dict[Path, ShownRun] = {}
        self._last: Request | None = None
        self._ended_well = True
        self._worked_on: ShownRun | None = None
        self._replaced: Path | None = None
        """A run that was closed to be started over, until the new one is there."""
        self.current: ShownRun | None = None
        self.question: Question | None = None

    # ---- beginning

    def begin(self, request: Request) -> None:
        """Begin a run, or ask what to do with one that is there.

        Raises
        ------
        RunError
            If a job runs.
        """
        if self._board.busy:
            raise RunError("A job is running. Wait for it, or cancel it.")
        self.ask(None)
        if not is_run(request.out):
            self._forget(request.out)  # somebody deleted it while it was open
            self.start(request)
        elif self._continues(request):
            self.start(request, resume=True)
        else:
            self.ask(self._about(request))

    def start(
        self, request: Request, *, resume: bool = False, overwrite: bool = False
    ) -> None:
        """Begin a run without asking."""
        self._replaced = None
        if overwrite:
            self._replaced = request.out
            self._forget(request.out)
        self._last = request

        def begin() -> Generator[Event, Any, RunFinished]:
            return request.begin(resume=resume, overwrite=overwrite)

        job = Job(begin, request.title)
        if request.point is not None:
            job.look_at(request.point)
        self._launch(job)

    def look(self) -> None:
        """Work next on what is looked at."""
        opened = self._worked_on
        if opened is not None and opened.shown and self._board.busy:
            shape = opened.labels.shape
            self._board.look_at(view_centre(self._viewer, opened.layer, "ZYX", shape))

    def relabel(self, config: dict[str, Any], device: str) -> None:
        """Make the labels of the open run anew, without the network.

        Parameters
        ----------
        config : dict
            Settings of ``INFERENCE`` that differ from those of the run.
        device : str
            Where vectors are followed.

        Raises
        ------
        RunError
            If no run is open, or a job runs.
        """
        opened = self.current
        if opened is None:
            raise RunError("No run is open. Segment the image first.")
        if self._board.busy:
            raise RunError("A job is running. Wait for it, or cancel it.")
        self.ask(None)

        def begin() -> Generator[Event, Any, RunFinished]:
            from skoots.inference.relabel import relabel  # noqa: PLC0415 - torch

            settings = {"INFERENCE": config} if config else None
            return relabel(opened.path, settings, device=device)

        self._launch(Job(begin, f"Labels of {opened.name}"))
        self._worked_on = opened
        opened.follow(self._refresh_ms)

    def offer_relabel(self, config: dict[str, Any], device: str) -> None:
        """Ask whether labels shall be made anew, if they were made with other settings.

        Parameters
        ----------
        config : dict
            Settings of ``INFERENCE``, all that are applied after the network.
        device : str
            Where vectors are followed.
        """
        opened = self.current
        if opened is None or self._board.busy:
            return
        summary = opened.run.summary
        if summary is None:  # it is asked anyway what to do with a part
            return
        before = summary["inference"]
        if all(before.get(name) == value for name, value in config.items()):
            self.ask(None)
            return

        def update() -> None:
            self.relabel(config, device)

        text = f"{opened.layer.name} was made with other settings."
        self.ask(Question(text, (("Update labels", update), LEAVE)))

    def _launch(self, job: Job) -> None:
        job.event.connect(self._on_event)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_not_done)
        job.stopped.connect(self._on_stopped)
        job.ended.connect(self._on_ended)
        self._ended_well, self._worked_on = False, None
        self._board.run(
            job, step="tile", kept="What is done is kept and can be resumed."
        )

    # ---- questions

    def ask(self, question: Question | None) -> None:
        """Ask the user something, or nothing any more."""
        self.question = question
        self.asked.emit()

    def answer(self, key: str) -> None:
        """Do what the user chose; the question stays where that cannot be done.

        Raises
        ------
        SkootsError
            If it cannot be done now, such as before the model is loaded.
        """
        if self.question is None:
            return
        question = self.question
        self.ask(None)
        try:
            dict(question.answers)[key]()
        except SkootsError:
            self.ask(question)
            raise

    def _continues(self, request: Request) -> bool:
        """Whether a request adds to the run that was made last, in the same way."""
        last, current = self._last, self.current
        if last is None or current is None or not self._ended_well:
            return False
        return current.path == request.out and request.adds_to(last)

    def _about(self, request: Request) -> Question:
        """Ask what to do with a run that is there."""
        from skoots.run.folder import RunFolder  # noqa: PLC0415 - imports zarr

        name, run = request.out.name, RunFolder.open(request.out)
        anew = ("Start over", lambda: self.ask(self._about_deleting(request)))
        both = ("Keep both", lambda: self._beside(request))
        if run.plan.model.digest != request.checkpoint.digest:
            other = run.plan.model.name
            text = f"{name} is there already, made with the model {other}."
            return Question(text, (both, anew, LEAVE))
        state = "finished" if run.finished else "not finished"
        on = (
            "Go on with it" if run.finished else "Resume",
            lambda: self.start(request, resume=True),
        )
        text = f"{name} is there already, made with this model, and {state}."
        return Question(text, (on, both, anew))

    def _about_deleting(self, request: Request) -> Question:
        """Ask once more before labels, and what was painted on them, are deleted."""
        painted = (request.out / EDITED).exists()
        what = "the labels and what was painted on them" if painted else "the labels"
        delete = ("Delete and start over", lambda: self.start(request, overwrite=True))
        return Question(f"This deletes {what} of {request.out.name}.", (delete, LEAVE))

    def _beside(self, request: Request) -> None:
        self.start(replace(request, out=free_path(request.out)))

    def _offer(self) -> None:
        """After a cancel: go on, or make final labels of what is done."""
        request, opened = self._last, self._worked_on
        if request is None or opened is None or request.out != opened.path:
            return
        on = ("Resume", lambda: self.start(request, resume=True))
        join = ("Finish what is done", lambda: self._finish(opened, request.device))
        self.ask(Question(f"{opened.path.name} is not finished.", (on, join, LEAVE)))

    def _finish(self, opened: ShownRun, device: str) -> None:
        self.current = opened
        self.relabel({}, device)

    # ---- runs that are open

    def close(self) -> None:
        """Draw nothing more: the window is gone."""
        for opened in self._runs.values():
            opened.abandon()

    def last_of(self, image: str | None) -> Request | None:
        """Give what was segmented last, if it was this image (its unique id)."""
        last = self._last
        return last if last is not None and last.image_id == image else None

    def find(self, path: Path) -> ShownRun | None:
        """Give the run of a folder, if it is open."""
        runs = self._runs.values()
        return next((run for run in runs if run.path.resolve() == path.resolve()), None)

    def reopen(self, opened: ShownRun) -> None:
        """Take over a run that was opened from its folder."""
        self._runs[opened.path] = opened
        opened.show()
        self.show(opened)

    def show(self, opened: ShownRun) -> None:
        """Let an open run be the one that the panel is about."""
        self.current = opened
        self.opened.emit(opened)
        self.settled.emit(opened)

    def _open(self, path: Path) -> ShownRun:
        from napari_skoots.controllers.shown_run import (  # noqa: PLC0415 - zarr
            ShownRun,
        )

        opened, request = self._runs.get(path), self._last
        if opened is None and request is not None:
            opened = ShownRun(
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

    def attend(self, image: str | None, geometry: Mapping[str, Any] | None) -> None:
        """Let the run of the image that was chosen be the one that the panel is about.

        Parameters
        ----------
        image : str or None
            Unique id of its layer.
        geometry : mapping or None
            Where the layer lies now; None where that cannot be told.
        """
        own = [run for run in self._runs.values() if run.image_id == image]
        if geometry is not None and not self._board.busy:
            for run in own:
                run.follow_image(geometry)
        known = None if self.current is None else self.current.image_id
        if image == known or (known is None and not own) or self._board.busy:
            return
        self.current = own[-1] if own else None
        self.ask(None)
        self.settled.emit(self.current)

    # ---- what the job says

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._replaced = None
            opened = self._open(event.run)
            self._worked_on = self.current = opened
            opened.show()
            opened.follow(self._refresh_ms)
            self.opened.emit(opened)

    def _on_returned(self, result: RunFinished) -> None:
        self._ended_well = True
        view = self._board.view
        text = f"{result.objects} objects in {result.seconds:.0f} s."
        self._board.tell(done(text, None if view is None else view.message))

    def _on_not_done(self, _error: Exception) -> None:
        self._ended_well = False
        path, self._replaced = self._replaced, None
        if path is not None and is_run(path):  # refused: it is there as before
            self.reopen(self._open(path))

    def _on_stopped(self) -> None:
        self._offer()

    def _on_ended(self) -> None:
        opened, self._worked_on = self._worked_on, None
        if opened is not None:
            opened.settle()
            self.settled.emit(opened)
            self._miss(opened)

    def _miss(self, opened: ShownRun) -> None:
        """Offer to show labels whose layer was removed while they were made."""
        if not opened.shown and self.question is None:
            text = f"The labels are in {opened.path.name}; their layer was removed."
            self.ask(Question(text, (("Show the labels", opened.show), LEAVE)))
