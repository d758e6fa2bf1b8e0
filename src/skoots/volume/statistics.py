"""Mean and spread of a volume, from the same sample every time."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SourceError
from skoots.volume.sampling import sample_boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.volume.source import Source

WHOLE_BELOW = 1 << 26
"""Volumes of fewer voxels are read whole; they fit into a quarter of a gigabyte."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the finite voxels of a sample are like."""

    mean: float
    std: float
    minimum: float
    maximum: float

    non_finite: int
    """Voxels of the sample that are NaN or infinite; they do not count above."""

    sampled: int
    """Voxels that were looked at, the non-finite ones with them."""


def sample_statistics(source: Source, whole_below: int = WHOLE_BELOW) -> Statistics:
    """Give the statistics of a volume, from all of a small one or a sample.

    The sample depends on the volume's shape alone, and sums are kept in double
    precision: the same volume gives the same numbers, however it is stored.

    Parameters
    ----------
    source : Source
        The volume.
    whole_below : int
        A volume of fewer voxels is read whole.

    Raises
    ------
    SourceError
        If no voxel of the sample is a finite number.
    """
    total = _Sums()
    for box in sample_boxes(source.shape, whole_below):
        total = total.joined(_sum_up(source.read(box)))
    finite = total.count
    if finite == 0:
        raise SourceError(
            f"{source.name} has no finite value among {total.non_finite} voxels: all "
            "are NaN or infinite. Use an image with values."
        )
    return Statistics(
        mean=total.mean,
        std=sqrt(total.squares / finite),
        minimum=total.minimum,
        maximum=total.maximum,
        non_finite=total.non_finite,
        sampled=finite + total.non_finite,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of the squared distances from the mean."""

    minimum: float = inf
    maximum: float = -inf
    non_finite: int = 0

    def joined(self, other: _Sums) -> _Sums:
        """Give the sums of both parts; exact where a sum of squares would cancel."""
        count = self.count + other.count
        if count == 0:
            return _Sums(non_finite=self.non_finite + other.non_finite)
        apart = other.mean - self.mean
        return _Sums(
            count,
            self.mean + apart * other.count / count,
            self.squares + other.squares + apart**2 * self.count * other.count / count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.non_finite + other.non_finite,
        )


def _sum_up(part: NDArray[Any]) -> _Sums:
    values = part.ravel()
    if part.dtype.kind == "f":
        values = values[np.isfinite(values)]
    non_finite = part.size - values.size
    if values.size == 0:
        return _Sums(non_finite=non_finite)
    exact = values.astype(np.float64)
    mean = float(exact.mean())
    exact -= mean
    return _Sums(
        count=values.size,
        mean=mean,
        squares=float(np.dot(exact, exact)),
        minimum=float(values.min()),
        maximum=float(values.max()),
        non_finite=non_finite,
    )
