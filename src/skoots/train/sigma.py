"""How strict the embedding loss is, as training goes on."""

from __future__ import annotations

SIGMA_START = 20.0
"""Voxels. Wide enough that a vector that points nowhere still feels its skeleton."""

SIGMA_FLOOR = 2.9
"""Voxels. Below it only vectors that are right already give a gradient."""

_STEPS = ((0.05, 0.66), (0.15, 0.66), (0.30, 0.66), (0.55, 0.5))


def sigma_at(fraction: float) -> float:
    """Give the width of the embedding loss after a fraction of the training.

    Parameters
    ----------
    fraction : float
        0 at the first step, 1 at the last.

    Returns
    -------
    float
        In voxels.

    Examples
    --------
    >>> sigma_at(0.0), round(sigma_at(0.2), 2), sigma_at(1.0)
    (20.0, 8.71, 2.9)
    """
    sigma = SIGMA_START
    for start, factor in _STEPS:
        if fraction >= start:
            sigma *= factor
    return max(sigma, SIGMA_FLOOR)
