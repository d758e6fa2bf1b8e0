"""Show a training on a terminal or in a log."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Self, TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from skoots.cli.console import ERR, say
from skoots.cli.progress import clock
from skoots.cli.stopping import stop_requests
from skoots.events import (
    EpochDone,
    Notice,
    Predicted,
    StageStarted,
    TrainStarted,
    TrainStep,
    Validating,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from skoots.events import Event

_LOG_SECONDS = 30.0
"""A log gets a line for a step so long after the last one."""

_ENDLESS = 1_000_000
"""So many epochs mean: until it is stopped, or its time is up."""

_SILENT = ("load", "rehearse", "measure", "cut", "preview", "compare")
"""Stages of a moment."""

_FINISHING = (
    "finishing: what was learned so far is judged; once more to stop and go on later"
)
_STOPPING = "stopping after this step; once more to stop at once, and lose what is new"

Finished = TypeVar("Finished")


def drain_training(
    events: Generator[Event, Any, Finished], *, finishing: str | None = None
) -> Finished | None:
    """Run a training and show how far it is.

    Parameters
    ----------
    events : generator
        The training.
    finishing : str, optional
        What is sent to it at the first Ctrl-C, so that it comes to its end; the second
        one stops it then.

    Returns
    -------
    TrainFinished, TeachFinished or None
        None if it was asked to stop; its state is saved then.
    """
    view = _Bar() if ERR.is_terminal else _Log()
    words = [_STOPPING] if finishing is None else [_FINISHING, _STOPPING]
    begun = False
    with stop_requests(*words) as asked, view:
        while asked.times < len(words):
            sent = finishing if begun and asked.times else None
            try:
                view.show(events.send(sent))
                begun = True
            except StopIteration as end:  # without a word, where another process speaks
                finished: Finished = end.value
                return finished
        events.close()
    return None


class _Bar:
    """One bar; a line above it for each validation."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("train"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=ERR,
            speed_estimate_period=120,
        )
        self._task = self._progress.add_task("train", total=None, loss="", start=False)
        self._timed = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Move the bar, or write a line."""
        match event:
            case TrainStarted(steps=steps, steps_done=done, seconds=seconds):
                say_started(event)
                self._timed = seconds > 0
                self._progress.start_task(self._task)
                total = seconds or (None if is_endless(event) else steps)
                done = 0 if self._timed else done
                self._progress.update(self._task, total=total, completed=done)
            case TrainStep(step=step, loss=loss, seconds=seconds):
                done = int(seconds) if self._timed else step
                loss_now = f"loss {loss:.3f}"
                self._progress.update(self._task, completed=done, loss=loss_now)
            case Validating(done=done, total=total):
                scored = f"validating, {done}/{total} volumes"
                self._progress.update(self._task, loss=scored)
            case EpochDone(validation=found) if found:
                say_validation(event)
            case _:
                _show_line(event)


class _Log:
    """A line for each validation, and for a step every half minute."""

    def __init__(self) -> None:
        self._said = self._began = monotonic()
        self._before, self._limit = 0, 0.0
        self._endless = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: Event) -> None:
        """Write a line, if there is news."""
        match event:
            case TrainStarted(steps_done=before, seconds=limit):
                self._before, self._began, self._limit = before, monotonic(), limit
                self._endless = is_endless(event)
                say_started(event)
            case TrainStep() if monotonic() - self._said >= _LOG_SECONDS:
                self._said = monotonic()
                self._say_step(event)
            case EpochDone(validation=found) if found:
                self._said = monotonic()
                say_validation(event)
            case _:
                _show_line(event)

    def _say_step(self, event: TrainStep) -> None:
        pace = (monotonic() - self._began) / (event.step - self._before)
        left, total = pace * (event.total - event.step), f"/{event.total}"
        if self._limit:
            left, total = max(self._limit - event.seconds, 0.0), ""
        elif self._endless:
            say(f"step {event.step}, loss {event.loss:.3f}, {clock(event.seconds)}")
            return
        say(f"step {event.step}{total}, loss {event.loss:.3f}, {clock(left)} left")


def _show_line(event: Event) -> None:
    match event:
        case StageStarted(stage=stage, total=total) if stage not in _SILENT:
            say(f"{stage}: {total} objects")
        case Predicted(objects=objects, unassigned=share):
            lost = "" if share is None else f", {share:.0%} of the foreground in none"
            say(f"step {event.step}: {objects} objects in a look{lost}")
        case Notice(message=message):
            say(f"note: {message}", style="yellow")
        case _:
            pass


def is_endless(event: TrainStarted | EpochDone) -> bool:
    """Tell whether a training has no last step, or none that anybody waits for."""
    return event.epochs >= _ENDLESS


def say_started(event: TrainStarted) -> None:
    """Say what is trained, on what and where."""
    volumes = "1 volume" if event.volumes == 1 else f"{event.volumes} volumes"
    before = f" ({event.steps_done} done before)" if event.steps_done else ""
    steps = f"{event.steps} steps{before} in {event.epochs} epochs"
    if event.seconds:
        steps = f"{event.seconds:.0f} s{before}"
    elif is_endless(event):
        steps = f"until it is stopped{before}"
    say(
        f"{event.project}: {event.network}, {volumes} with {event.objects} objects, "
        f"{steps}, on {event.device} in {event.number_format}"
    )


def say_validation(event: EpochDone) -> None:
    """Say how good the network is by now."""
    found: Mapping[str, float] = event.validation
    epoch = f"epoch {event.epoch + 1}/{event.epochs}"
    words = [f"step {event.step}" if is_endless(event) else epoch]
    words.append(f"loss {event.losses['loss']:.3f}")
    names = {
        "loss": "validation",
        "f1_50": "F1 at .5",
        "f1_75": "at .75",
        "panoptic_quality": "PQ",
    }
    words += [f"{name} {found[key]:.3f}" for key, name in names.items() if key in found]
    say(", ".join(words) + (", best so far" if event.best else ""))
