"""Drain the events of a job onto a terminal or into a log."""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from skoots.cli.console import ERR, say
from skoots.events import (
    BlockDone,
    Notice,
    ObjectsDone,
    RunFinished,
    RunStarted,
    StageStarted,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

    from rich.progress import TaskID

    from skoots._types import Shape3
    from skoots.events import Event

T = TypeVar("T")

_LOG_STEPS = 10
"""Lines that a quick stage writes into a log at most, besides its first."""

_LOG_SECONDS = 30.0
"""A slow stage writes one line more for the first block that is done so long after the
last line."""


def drain(events: Generator[Event, None, T], name: str) -> T:
    """Run a job to its end, show how far it is and give its result.

    However this ends, the generator is closed: what the job wrote stays valid.

    Parameters
    ----------
    events : generator of Event
        The job.
    name : str
        What it works on, for the reader of the bar.
    """
    view = Bars(name) if ERR.is_terminal else Log(name)
    with closing(events), view:
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                result: T = end.value
                return result
            view.show(event)


def clock(seconds: float) -> str:
    """Give a time in minutes and seconds, and in hours if there are any.

    Examples
    --------
    >>> clock(61.2), clock(3600)
    ('1:01', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Bars:
    """One bar for each stage, with the time left."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=ERR,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Move a bar, or write a line above the bars."""
        match event:
            case StageStarted(total=0):  # nothing to do, nothing to say
                pass
            case StageStarted(stage=stage, done=done, total=total):
                self._tasks[stage] = self._progress.add_task(
                    f"{self._name} {stage}", total=total, completed=done
                )
            case (
                BlockDone(stage=stage, done=done) | ObjectsDone(stage=stage, done=done)
            ) if stage in self._tasks:
                self._progress.update(self._tasks[stage], completed=done)
            case RunFinished():
                for task in self._progress.tasks:  # a stage may end without a block
                    self._progress.update(task.id, completed=task.total)
            case _:
                _show_line(event)


class Log:
    """A few lines for each stage, for a file or a cluster's log."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = self._said = 0.0
        self._before = self._shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        """Write a line when a stage begins, is a tenth further or was long silent."""
        match event:
            case StageStarted(total=0):
                pass
            case StageStarted(stage=stage, done=done, total=total):
                self._began = self._said = monotonic()
                self._before = self._shown = done
                say(f"{self._name} {stage} {done}/{total}")
            case BlockDone() | ObjectsDone():
                stage, done, total = event.stage, event.done, event.total
                now = monotonic()
                if self._is_due(done, total, now):
                    self._shown, self._said = done, now
                    left = self._left(done, total, now)
                    say(f"{self._name} {stage} {done}/{total}{left}")
            case _:
                _show_line(event)

    def _is_due(self, done: int, total: int, now: float) -> bool:
        further = (done - self._shown) * _LOG_STEPS >= total
        return done == total or further or now - self._said >= _LOG_SECONDS

    def _left(self, done: int, total: int, now: float) -> str:
        if done >= total or done <= self._before:
            return ""
        pace = (now - self._began) / (done - self._before)
        return f", {clock(pace * (total - done))} left"


def _show_line(event: Event) -> None:
    match event:
        case RunStarted():
            say(_about_run(event))
        case Notice(message=message):
            say(f"note: {message}", style="yellow")
        case _:  # the result of a job is its return value
            pass


def _about_run(event: RunStarted) -> str:
    image, grid = _by(event.image_zyx), _by(event.shape_zyx)
    before, total = event.blocks_done_before, event.blocks_total
    return (
        f"{event.run.name}: {image} voxels"
        f"{'' if grid == image else f', resampled to {grid}'}, "
        f"{'1 block' if total == 1 else f'{total} blocks'}"
        f"{f' ({before} done before)' if before else ''}, "
        f"tile {','.join(map(str, event.tile_zyx))}, on {event.device} in "
        f"{event.number_format}"
    )


def _by(shape: Shape3) -> str:
    return " x ".join(map(str, shape))
