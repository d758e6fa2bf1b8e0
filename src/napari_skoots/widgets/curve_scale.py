"""Where the values of a curve lie, and which of them are written beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skoots.events import Points

_SHARE = 0.97
"""Share of the losses that must be seen: the first ones may be many times the rest."""

_LEAST_SECONDS = 10.0
"""A curve that has just begun is not drawn over the whole width."""

_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_INTERVALS = 4


def highest(values: Iterable[float]) -> float:
    """Give a round number above most of some values.

    Parameters
    ----------
    values : Iterable of float
        Those that are not finite do not count.

    Returns
    -------
    float
        1, 2, 2.5 or 5 times a power of ten; 1 where there are no values.

    Examples
    --------
    >>> highest([0.3, 1.7, float("nan")]), highest([0.031, 0.012]), highest([])
    (2.0, 0.05, 1.0)
    """
    ordered = sorted(value for value in values if math.isfinite(value))
    most = ordered[math.ceil(_SHARE * len(ordered)) - 1] if ordered else 0.0
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    steps = (1, 2, 2.5, 5, 10)
    return next(round(s * power, 12) for s in steps if s * power >= most * (1 - 1e-9))


def reach(curves: Iterable[Points], seconds_total: float) -> float:
    """Give the seconds at the right end of the axis.

    Parameters
    ----------
    curves : Iterable of Points
        What is drawn.
    seconds_total : float
        How long it will take; 0 where it goes on until it is stopped.

    Examples
    --------
    >>> reach([((3.0, 0.5),)], 60.0), reach([((50.0, 0.5),)], 0.0), reach([], 0.0)
    (60.0, 62.5, 10.0)
    """
    last = max((seconds for points in curves for seconds, _ in points), default=0.0)
    # Where nobody knows the end, the curve has a fifth of the width to grow into.
    return max(seconds_total, last if seconds_total else 1.25 * last, _LEAST_SECONDS)


def seconds_ticks(end: float) -> list[float]:
    """Give the seconds that are written under a curve.

    Parameters
    ----------
    end : float
        Of the axis, in seconds.

    Examples
    --------
    >>> seconds_ticks(60), seconds_ticks(10)
    ([0, 15, 30, 45, 60], [0, 5, 10])
    """
    fits = (step for step in _SECONDS if end / step <= _INTERVALS)
    step = next(fits, _SECONDS[-1] * math.ceil(end / _SECONDS[-1] / _INTERVALS))
    return [step * place for place in range(int(end / step + 1e-9) + 1)]


def nearest(points: Points, seconds: float) -> tuple[float, float] | None:
    """Give the point of a curve that is nearest in time.

    Parameters
    ----------
    points : Points
        Seconds and values.
    seconds : float
        A time.

    Returns
    -------
    tuple of float or None
        None where there is no point.
    """
    return min(points, key=lambda point: abs(point[0] - seconds), default=None)
