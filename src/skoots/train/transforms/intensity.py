"""What the grey values of a volume mean: where they lie, and how light becomes dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROBUST = (0.5, 99.5)
"""Percentiles of an image that is not 8 bit that count as 0 and 1."""

_WHITE_8, _WHITE_16 = 255.0, 65535.0

_ENOUGH = 1 << 22
"""Values from which percentiles are taken."""


@dataclass(frozen=True, slots=True)
class Intensity:
    """Statistics of a volume that changes of intensity refer to."""

    mean: float
    std: float
    """Standard deviation; 1 for an image of one value."""

    mirror: float
    """``mirror - value`` makes light dark and dark light."""

    low: float
    """Counts as 0 for brightness and noise."""

    high: float
    """Counts as 1."""

    @property
    def span(self) -> float:
        """What counts as 1, in values of the image."""
        return self.high - self.low

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """Measure a volume.

        Parameters
        ----------
        values : ndarray, any shape, any number
            8 bit: 0 to 255. Integers from 0 to 65535 are taken for 16 bit. All others
            are mirrored at the middle of their least and greatest value. What is not
            finite does not count.

        Returns
        -------
        Intensity

        Examples
        --------
        >>> Intensity.of(np.array([10, 20], np.uint8))
        Intensity(mean=15.0, std=5.0, mirror=255.0, low=0.0, high=255.0)
        """
        flat = values.reshape(-1)
        if flat.dtype.kind == "f":
            flat = flat[np.isfinite(flat)]
        if not flat.size:
            return cls(0.0, 1.0, 1.0, 0.0, 1.0)
        mean = float(flat.mean(dtype=np.float64))
        std = float(flat.std(dtype=np.float64)) or 1.0
        if flat.dtype == np.uint8:
            return cls(mean, std, _WHITE_8, 0.0, _WHITE_8)
        least, greatest = float(flat.min()), float(flat.max())
        sixteen_bit = flat.dtype.kind in "iu" and least >= 0 and greatest <= _WHITE_16
        mirror = _WHITE_16 if sixteen_bit else least + greatest
        some = flat[:: -(-flat.size // _ENOUGH)]
        low, high = (float(v) for v in np.percentile(some, _ROBUST))
        return cls(mean, std, mirror, low, high if high > low else low + 1)
