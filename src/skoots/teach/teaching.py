"""Teach a model with the examples of a project.

::

    examples ──> painted.look ──> hold_out ──> materials: trainings/NNN/data
                                                    │
    base model ──> recipe: settings ──> trainings/NNN ──> skoots.train.engine.train
    from scratch ─> scratch: settings ──────┘              │ saved        │ ended
                                                           v              v
                                                  looking: Predicted   comparison
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from skoots.events import CheckpointSaved, Notice, TrainFinished, TrainStarted
from skoots.teach.at_work import at_work, begin
from skoots.teach.comparison import compare
from skoots.teach.comparison_record import read_comparison
from skoots.teach.looking import Ear, Looking, check_place
from skoots.teach.moved_training import settings_here
from skoots.teach.prepare import prepare
from skoots.teach.recalled import recall
from skoots.teach.record import is_compared, read_record
from skoots.teach.smaller import is_short_of_memory, make_smaller
from skoots.train.engine import train
from skoots.train.project import Project
from skoots.train.training import FINISH

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import TypeVar

    from skoots.events import Event, Recalled, TeachFinished
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.looking import Place
    from skoots.teach.project import TeachProject

    T = TypeVar("T")


def teach(  # noqa: PLR0913 - all that can be said of a training
    project: TeachProject,
    base: str | Checkpoint | None,
    *,
    seconds: float = 60.0,
    diameter: float | None = None,
    rehearse: bool = True,
    device: str = "auto",
    threads: int = 0,
    look_at: Place | None = None,
) -> Generator[Event, Any, TeachFinished]:
    """Train a model on what is painted, and compare it with the one before.

    Parameters
    ----------
    project : TeachProject
        Holds the examples; the training lies there afterwards.
    base : str, Checkpoint or None
        The model to begin with: a name, a path, or a model of a file; None: from
        scratch.
    seconds : float
        How long; 0 for until it is stopped. Time in which no event is asked for does
        not count.
    diameter : float, optional
        Of a typical object, in voxels of the images; measured where it is left out.
    rehearse : bool
        Learn objects that the model knows along with the painted ones, so that it does
        not forget them: those of the labelled sample of a shipped model, where it has
        one (`skoots.teach.rehearsal`).
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    threads : int
        Processor threads that may work; 0: all there are.
    look_at : tuple, optional
        Name of an example and a point (Z, Y, X) in voxels of its image: what is found
        around it is shown now and then. The middle of what is held out, if nobody says.

    Yields
    ------
    Event
        StageStarted and BlockDone while examples are measured, what
        `skoots.train.engine.train` says, Predicted, at last TeachFinished. A point
        that is sent moves the place that is looked at; ``finish`` ends the training
        with this epoch, as if its time were up. Closing the generator stops it and
        saves its state: see `go_on`.

    Returns
    -------
    TeachFinished
        Its model is the best on what was held out, which may be the base itself.

    Raises
    ------
    TrainingError
        If nothing can be learned from the examples yet; the message says what is
        missing.
    """
    check_place(project, look_at)
    ear = Ear()
    job = prepare(
        project,
        base,
        seconds=seconds,
        diameter=diameter,
        rehearse=rehearse,
        device=device,
    )
    place = yield from _heard(job, ear)
    return (yield from _taught(project, place, ear, device, threads, look_at))


def go_on(
    project: TeachProject,
    training: Path,
    *,
    seconds: float | None = None,
    device: str = "auto",
    threads: int = 0,
    look_at: Place | None = None,
) -> Generator[Event, Any, TeachFinished]:
    """Go on with a training that was interrupted, and compare as `teach` does.

    Parameters
    ----------
    project : TeachProject
        As of `teach`.
    training : Path
        The folder of the training, as `TeachProject.unfinished` lists them.
    seconds : float, optional
        How long in all, if not as long as it was to take.
    device, threads, look_at
        As those of `teach`.

    Yields
    ------
    Event
        Those of `teach`, and Recalled: how it went before. It hears the same.

    Returns
    -------
    TeachFinished
        At once, if it was compared already.

    Raises
    ------
    TrainingError
        If it is no training of a project.
    RunBusyError
        If another process is at it.
    """
    check_place(project, look_at)
    ear = Ear()
    if is_compared(training) and seconds is None:
        finished = read_comparison(training)
        past = recall(training)
        if past is not None:
            yield past
        yield finished
        return finished
    place = Project(training)
    settings = settings_here(place, project)
    if seconds is not None:
        settings = settings.merge({"TRAINER": {"SECONDS": seconds}})
    if settings != place.settings or seconds is not None:
        place = Project.create(training, settings, resume=True)
    return (yield from _taught(project, place, ear, device, threads, look_at))


def _taught(
    project: TeachProject,
    place: Project,
    ear: Ear,
    device: str,
    threads: int,
    look_at: Place | None,
) -> Generator[Event, Any, TeachFinished]:
    with at_work(place.path):  # training has a lock of its own, comparing has none
        begin(place.path)
        record = read_record(place.path)
        looking = Looking(project, place.path, record, look_at, device)
        while True:
            job = _trained(place, ear, looking, device, threads)
            trained = yield from job
            if trained is not None:
                break
            # the crop is smaller now: from the last checkpoint, or from the start
        comparing = compare(project, place.path, trained.seconds, device)
        finished = yield from _heard(comparing, ear)
    yield finished  # whoever hears it may keep it at once
    return finished


def _trained(
    place: Project, ear: Ear, looking: Looking, device: str, threads: int
) -> Generator[Event, Any, TrainFinished | None]:
    """Train; give None if memory was short and a smaller crop may do."""
    job = train(place.path, resume=True, device=device, threads=threads)
    seen, begun = 0, False
    with closing(job):
        while True:
            try:
                event = job.send(FINISH if begun and ear.finish else None)
                begun = True
            except StopIteration as end:
                finished: TrainFinished = end.value
                return finished
            except (MemoryError, RuntimeError) as error:
                if not is_short_of_memory(error):
                    raise
                break
            ear.hear((yield event))
            past = _past(place, event)
            if past is not None:
                ear.hear((yield past))
            step = event.step if isinstance(event, CheckpointSaved) else 0
            moved = ear.moved and looking.rested and place.last.is_file()
            if step > seen or moved:
                seen = max(seen, step)
                ear.moved = False
                ear.hear((yield looking.look(ear.point)))
    ear.hear((yield Notice(make_smaller(place.path))))
    return None


def _past(place: Project, event: Event) -> Recalled | None:
    """Say how a training went that begins in the middle."""
    if isinstance(event, TrainStarted) and event.steps_done:
        return recall(place.path, event.steps_done)
    return None


def _heard(job: Generator[Event, Any, T], ear: Ear) -> Generator[Event, Any, T]:
    """Run a part of the work that does nothing else with what is sent."""
    with closing(job):
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                result: T = end.value
                return result
            ear.hear((yield event))
