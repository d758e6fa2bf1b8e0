"""Sum, mean and deviation of volumes, each voxel counted once.

All is known from three numbers of a volume: how many values there are, their sum, and
their squared distances from their own mean. An inverted copy (``mirror - x``) has the
same spread, so it is never made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from skoots.volume.axes import triple_to_xyz, triple_to_zyx
from skoots.volume.sampling import sample_boxes
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.train.data.lazy_volume import Volume

_BLOCK: Shape3 = (32, 256, 256)


@dataclass(frozen=True, slots=True)
class Moments:
    """Number, sum and spread of values."""

    count: int = 0
    """Values that are finite; others do not count."""

    total: float = 0
    """Their sum; exact for whole numbers."""

    squares: float = 0.0
    """Sum of the squared distances from their mean."""

    @property
    def mean(self) -> float:
        """Their mean; 0 if there are none."""
        return self.total / self.count if self.count else 0.0

    @property
    def std(self) -> float:
        """Their deviation from the mean, not that of a sample."""
        return sqrt(self.squares / self.count) if self.count else 0.0

    def about(self, other: float) -> float:
        """Give the sum of the squared distances from a number."""
        return self.squares + self.count * (self.mean - other) ** 2

    def inverted(self, mirror: float) -> Moments:
        """Give the moments of ``mirror - x``."""
        return Moments(self.count, mirror * self.count - self.total, self.squares)

    def joined(self, other: Moments) -> Moments:
        """Give the moments of both together."""
        count = self.count + other.count
        if not count:
            return self
        apart = (self.mean - other.mean) ** 2 * self.count * other.count / count
        total = self.total + other.total
        return Moments(count, total, self.squares + other.squares + apart)


class GreyStatistics(ABC):
    """Statistics of a data set, by their documented names."""

    @abstractmethod
    def moments(self, *, with_invert: bool = False) -> Moments:
        """Give number, sum and spread of all grey values."""

    def sum(self, with_invert: bool = False) -> float:  # noqa: FBT001, FBT002 - as documented
        """Sum all grey values, each voxel once; `with_invert` the inverted ones too."""
        return self.moments(with_invert=with_invert).total

    def numel(self, with_invert: bool = False) -> int:  # noqa: FBT001, FBT002 - as documented
        """Count all grey values that are finite."""
        return self.moments(with_invert=with_invert).count

    def mean(self, with_invert: bool = False) -> float:  # noqa: FBT001, FBT002 - as documented
        """Give the mean of all grey values."""
        return self.moments(with_invert=with_invert).mean

    def std(self, with_invert: bool = False) -> float:  # noqa: FBT001, FBT002 - as documented
        """Give the standard deviation of all grey values."""
        return self.moments(with_invert=with_invert).std

    def subtract_square_sum(self, other: float) -> float:
        """Sum the squares of all grey values, each less a number."""
        return self.moments().about(float(other))


def joined(parts: Iterable[Moments]) -> Moments:
    """Give the moments of all parts together."""
    whole = Moments()
    for part in parts:
        whole = whole.joined(part)
    return whole


def moments_of(image: Volume) -> Moments:
    """Go once through an image, in memory or on disk, (C, X, Y, Z).

    Examples
    --------
    >>> import torch
    >>> moments_of(torch.tensor([1, 2, 6]).view(1, 3, 1, 1))
    Moments(count=3, total=9, squares=14.0)
    """
    return joined(_sum_up(part) for part in _parts(image))


def values_of(image: Volume) -> NDArray[Any]:
    """Give the values of an image; of one on disk, of boxes spread evenly over it."""
    if isinstance(image, Tensor):
        return np.asarray(image.detach().cpu().numpy())
    boxes = sample_boxes(triple_to_zyx(_extent(image)))
    parts = (image[(slice(None), *triple_to_xyz(box_slices(b)))] for b in boxes)
    return np.concatenate([part.numpy().ravel() for part in parts])


def _parts(image: Volume) -> Iterator[NDArray[Any]]:
    for block in plan_blocks(triple_to_zyx(_extent(image)), _BLOCK):
        place = triple_to_xyz(box_slices(block.core))
        yield image[(slice(None), *place)].detach().cpu().numpy()


def _extent(image: Volume) -> Shape3:
    _, x, y, z = image.shape
    return x, y, z


def _sum_up(part: NDArray[Any]) -> Moments:
    values = part.ravel()
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
        total: float = float(values.sum(dtype=np.float64))
    else:
        total = int(values.sum(dtype=np.int64))
    if not values.size:
        return Moments()
    apart = values.astype(np.float64) - total / values.size
    return Moments(values.size, total, float(np.dot(apart, apart)))
