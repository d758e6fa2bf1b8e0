"""Train a network: a generator of events, in a folder that survives being killed.

::

    settings.yaml -> sources -> epochs -> crops -> learner: a step
                        |                             |  every N minutes
                        |                             +--> state.pt, last.skoots
                        |                             |  every few epochs
                        +--> held-out volumes --> validation --> best.skoots
                                                      |
                                                      +--> curves.csv, curves.png

Every sample, step and rate is a function of the settings and of the step's number, and
`state.pt` holds all the rest. A training that was interrupted therefore ends with the
weights of one that was not, on the same machine.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from skoots.errors import RunExistsError
from skoots.model.precision import choose_device
from skoots.train.check import check_training
from skoots.train.data.skeletonize import prepare_skeletons
from skoots.train.project import Project
from skoots.train.ranks import joined
from skoots.train.training import Training

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from skoots.config import Settings
    from skoots.events import (
        Event,
        TrainFinished,
    )
    from skoots.train.project import PathLike
    from skoots.train.ranks import Ranks


def train(
    project: PathLike, *, resume: bool = False, device: str = "auto", threads: int = 0
) -> Generator[Event, Any, TrainFinished]:
    """Train the network that a project describes.

    Parameters
    ----------
    project : path
        A folder with ``settings.yaml``, as `skoots.train.project.Project.create`
        makes it; all results go there.
    resume : bool
        Go on with a training that began there; begin one where none did.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    threads : int
        Processor threads that may work; 0: what the settings say.

    Yields
    ------
    StageStarted, ObjectsDone, TrainStarted, TrainStep, EpochDone, CheckpointSaved, \
    Notice, TrainFinished
        Closing the generator stops the training after a step and saves its state.

    Returns
    -------
    TrainFinished

    Raises
    ------
    SkootsError
        Of the kind that says what is wrong; before any work starts where it can be
        known by then.
    """
    with joined(device) as ranks:
        ranks.barrier()  # the first process may have made the folder just now
        place = Project(project)
        if place.state_file.is_file() and not resume:
            raise RunExistsError(
                f"{place.path} holds a training. Go on with it by resume=True "
                "(--resume)."
            )
        check_training(place.settings)
        if not ranks.leads:
            return _follow(_train(place, ranks, device, threads))
        with place.locked():
            return (yield from _train(place, ranks, device, threads))


def _train(
    place: Project, ranks: Ranks, device: str, threads: int
) -> Generator[Event, Any, TrainFinished]:
    where = choose_device(ranks.device(device))
    with _machine(place.settings, threads):
        if ranks.leads:  # the others wait, and read what it made
            yield from prepare_skeletons(_annotated_folders(place.settings))
        ranks.barrier()
        return (yield from Training(place, ranks, where).run())


def _follow(job: Generator[Event, Any, TrainFinished]) -> TrainFinished:
    """Run a job to its end without a word: the first process speaks."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            finished: TrainFinished = end.value
            return finished


@contextmanager
def _machine(settings: Settings, threads: int) -> Iterator[None]:
    """Set what torch may use, and set it back."""
    before = torch.get_num_threads(), torch.backends.cudnn.benchmark
    torch.set_num_threads(threads or settings.TRAINER.THREADS or before[0])
    torch.backends.cudnn.benchmark = settings.TRAIN.CUDNN_BENCHMARK
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.backends.cudnn.benchmark = before[1]


def _annotated_folders(settings: Settings) -> list[str]:
    train = settings.TRAIN
    return [*train.TRAIN_DATA_DIR, *train.VALIDATION_DATA_DIR]
