"""What a long job tells whoever listens.

A job is a generator: it yields events and returns its result. It never prints, never
draws a bar and never knows whether a terminal or a window listens. To stop it, close
the generator: `finally` blocks run, and what was written stays valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from skoots._types import Shape3


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run folder is open and its plan is fixed."""

    run: Path
    """The run folder, ``NAME.skoots.zarr``."""

    image_zyx: Shape3
    """Extent of the image, and of the labels, in voxels."""

    shape_zyx: Shape3
    """Extent of what the network works on, in voxels; another if it is resampled."""

    tile_zyx: Shape3
    """What the network reads at once, in voxels."""

    blocks_total: int
    """Blocks of this run, or of the region that was asked for."""

    blocks_done_before: int
    """How many of them an earlier process had predicted."""

    device: str
    """Where the network runs, such as ``cuda:0``."""

    number_format: str
    """What the network calculates with, such as ``bfloat16``."""


@dataclass(frozen=True, slots=True)
class StageStarted:
    """The next pass over the blocks begins."""

    stage: str
    """``predict``, ``label``, ``assign`` or ``finish``; ``preview`` for a part of an
    image, ``refresh`` for coarser levels of painted labels, ``convert`` for a TIFF;
    ``find``, ``skeletonize``, ``bake``, ``coarse`` for labels; ``load`` and
    ``rehearse`` for the model that is taught and what it is not to forget, ``cut`` for
    what of an image is learned from, ``compare`` for what a model finds before and
    after teaching."""

    done: int
    """Blocks, or objects, that need no work any more."""

    total: int
    """Blocks, or objects, of the stage; 0 where nothing is counted."""


@dataclass(frozen=True, slots=True)
class BlockDone:
    """One block of a stage is on disk."""

    stage: str
    box_zyx: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    """Start and stop of the block along Z, Y, X, in voxels."""

    done: int
    total: int
    objects: int | None = None
    """What the block shows by itself, where labels are shown while the network works:
    an object that spans two blocks counts twice."""


@dataclass(frozen=True, slots=True)
class ObjectsDone:
    """Some more objects of a stage are worked on."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know and need not act on."""

    message: str


@dataclass(frozen=True, slots=True)
class ScaleNotice(Notice):
    """How the voxels of an image compare with those of the model.

    A type of its own for a viewer that says so beside the sizes.
    """


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The labels are final. Also what the job returns."""

    run: Path
    tile_zyx: Shape3
    blocks_total: int
    blocks_done_before: int
    seconds: float
    objects: int


@dataclass(frozen=True, slots=True)
class TrainStarted:
    """A training has its data and its network, and takes its first step."""

    project: Path
    """The folder of the training."""

    network: str
    """Such as ``unet, 2.4 million weights``."""

    device: str
    number_format: str
    """What the network calculates with, such as ``bfloat16``."""

    volumes: int
    """Annotated volumes that are learned from."""

    objects: int
    """Objects in them."""

    steps_done: int
    """Steps that an earlier process took."""

    steps: int
    """Steps in all, at most."""

    epochs: int
    seconds: float
    """After which it ends in any case; 0 for never."""


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One more step of a training is done, or was skipped."""

    step: int
    """Counted from 1."""

    total: int
    epoch: int
    """Counted from 0."""

    loss: float
    """The weighted sum that was minimised; NaN if the step was skipped."""

    embedding: float
    probability: float
    skeleton: float
    learning_rate: float
    skipped: int
    """Steps so far whose loss or gradient was no number, and which changed nothing."""

    seconds: float
    """Time spent training, by earlier processes too."""


@dataclass(frozen=True, slots=True)
class Validating:
    """Held-out volumes are being segmented to see how good a network is."""

    done: int
    """Volumes and boxes that are scored."""

    total: int


@dataclass(frozen=True, slots=True)
class Validated:
    """It is known how good the network is by now."""

    step: int
    """Steps that it has taken; 0 for the model that training starts from."""

    validation: Mapping[str, float]
    """Losses of held-out crops, and scores of held-out volumes; see `EpochDone`."""

    best: bool
    """Whether it is the best so far; it was saved then."""

    seconds: float
    """Time spent training, by earlier processes too."""


@dataclass(frozen=True, slots=True)
class EpochDone:
    """The mean losses of an epoch, and of its validation if there was one."""

    epoch: int
    epochs: int
    step: int
    losses: Mapping[str, float]
    """``loss``, ``embedding``, ``probability``, ``skeleton`` of the training."""

    validation: Mapping[str, float]
    """The same of the held-out crops, and the scores of the held-out volumes
    (``f1_50``, ``f1_75``, ``panoptic_quality``...); empty without a validation."""

    best: bool
    """Whether this validation is the best so far; its model was saved."""

    learning_rate: float
    sigma: tuple[float, float, float]
    """Voxels along X, Y, Z."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """From here a killed training goes on."""

    path: Path
    step: int


@dataclass(frozen=True, slots=True)
class TrainFinished:
    """A training took all its steps. Also what the job returns."""

    project: Path
    model: Path
    """The model to use: the best by validation, or the last where there was none."""

    steps: int
    skipped: int
    scores: Mapping[str, float]
    """Of that model; empty without validation."""

    seconds: float


Points: TypeAlias = tuple[tuple[float, float], ...]
"""Places of a curve: seconds of training, and a value."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """How a training went that is gone on with, or only compared: its curves so far."""

    steps: int
    seconds: float
    """Time spent training."""

    losses: Points
    """The mean of each epoch."""

    scores: Points
    """F1 at IoU 0.5 of what is held out, where an epoch was scored."""

    best_at: float | None
    """Seconds at which the best model was seen; 0 is the one that it began with, None
    where nobody knows."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a network that is being taught finds by now, around one place."""

    step: int
    """Steps that it has taken."""

    path: Path
    """An NPZ whose ``labels`` are (Z, Y, X), uint32, on the image's grid, and whose
    ``start_zyx`` says where they begin. It stays as it is until the next but one."""

    example: str
    """Name of the example whose image it is."""

    box_zyx: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    """Start and stop of the labels along Z, Y, X, in voxels of the image."""

    objects: int
    unassigned: float | None
    """Share of the foreground that no object has, from 0 to 1; None without any."""

    seconds: float
    """That it took."""


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """What was found in one held-out box, before and after."""

    example: str
    """Name of the example whose image it is."""

    box_zyx: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    """Start and stop along Z, Y, X, in voxels of the image."""

    path: Path
    """An NPZ with ``after``, ``truth`` and, unless it began from scratch, ``before``:
    (Z, Y, X), uint32; ``start_zyx`` and ``example``."""

    before: Mapping[str, float] | None
    """Scores; see `TeachFinished`."""

    after: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TeachFinished:
    """A model was taught and compared with the one before. Also what the job returns.

    Scores are ``f1_50``, ``panoptic_quality``, ``average_best_overlap`` (IoU of each
    true object with what overlaps it most), ``found`` (true objects that have a
    partner at IoU 0.5), ``objects_truth``, ``objects_predicted``, and ``unassigned``
    where there is foreground: the share of it that no object has.
    """

    training: Path
    """The folder of the training."""

    model: Path
    """The best one on what was held out, which may be the one it began with."""

    improved: bool
    """Whether one was taught that finds no less than the one it began with. If not,
    `model` is that one, where it is still there."""

    before: Mapping[str, float] | None
    """Of the model that it began with; None from scratch, or where that is gone."""

    after: Mapping[str, float]
    """Of the best model that was taught; empty where nothing was held out."""

    parts: tuple[ComparedPart, ...]
    seconds: float = 0.0
    """Of training."""


Event: TypeAlias = (
    RunStarted
    | StageStarted
    | BlockDone
    | ObjectsDone
    | Notice
    | RunFinished
    | TrainStarted
    | TrainStep
    | Validating
    | Validated
    | EpochDone
    | CheckpointSaved
    | TrainFinished
    | Recalled
    | Predicted
    | TeachFinished
)

T = TypeVar("T")


def result_of(job: Generator[Event, None, T]) -> T:
    """Run a job to its end without listening, and give its result."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: T = end.value
            return result
