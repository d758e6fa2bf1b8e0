"""In which order samples are drawn: a pure function of the seed.

Nothing about a sample depends on those before it, so a training that was interrupted
draws the same ones as one that was not, on one process or on several.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from skoots.errors import TrainingError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Stream(IntEnum):
    """What random numbers are for; each has a row of its own."""

    ORDER = 0
    SAMPLE = 1
    VALIDATION = 2
    STEP = 3
    SHAPE = 4


@dataclass(frozen=True, slots=True)
class Draw:
    """One sample of an epoch."""

    index: int
    """Of the sample in the dataset."""

    epoch: int
    place: int
    """Within the epoch."""


@dataclass(frozen=True, slots=True)
class Epochs:
    """How the samples of a dataset become steps.

    Raises
    ------
    TrainingError
        If there is no sample.
    """

    samples: int
    """Samples of an epoch: images times their repeats."""

    batch: int
    """Samples that one process takes in a step."""

    seed: int
    rank: int = 0
    """This process among all that train together."""

    world: int = 1
    """How many processes train together."""

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise TrainingError(
                "There is no sample to train on. Name folders in TRAIN.TRAIN_DATA_DIR, "
                "each with a number above 0 in TRAIN.TRAIN_SAMPLE_PER_IMAGE."
            )

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.samples // (self.batch * self.world))

    def draws(self, step: int) -> list[Draw]:
        """Give what this process learns from in a step of the whole training.

        An epoch takes each sample once, in a new order. Where its last step is not
        full, the epoch's first samples are taken again, so that all processes have
        as much to do.

        Parameters
        ----------
        step : int
            Counted from 0 over all epochs.
        """
        epoch, within = divmod(step, self.steps)
        order = _order(self.seed, epoch, self.samples)
        first = (within * self.world + self.rank) * self.batch
        places = range(first, first + self.batch)
        return [Draw(int(order[p % self.samples]), epoch, p) for p in places]


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, samples: int) -> NDArray[np.int64]:
    return random_numbers(seed, Stream.ORDER, epoch).permutation(samples)


def random_numbers(seed: int, stream: Stream, *place: int) -> np.random.Generator:
    """Give the random numbers of one place in a training, and of no other."""
    return np.random.default_rng((seed, stream, *place))


def torch_seed(seed: int, step: int, rank: int) -> int:
    """Give the seed of what the network itself draws in a step."""
    return int(random_numbers(seed, Stream.STEP, step, rank).integers(1 << 62))
