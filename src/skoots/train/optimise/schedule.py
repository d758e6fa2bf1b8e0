"""The learning rate of a step: a formula of the step and the settings, nothing else.

Nothing is remembered from step to step, so a training that is resumed goes on with the
very same rates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from skoots.config import Settings

ONE_CYCLE_RISE = 0.3
"""Share of the training in which one_cycle rises."""

ONE_CYCLE_START = 0.04
"""Share of LEARNING_RATE that one_cycle starts from."""


def learning_rate_at(
    step: int, settings: Settings, steps_per_epoch: int, total_steps: int
) -> float:
    r"""Give the learning rate of a step.

    Parameters
    ----------
    step : int
        From 0.
    settings : Settings
        LEARNING_RATE, SCHEDULER, SCHEDULER_T0 and N_WARMUP of TRAIN and
        FINAL_LEARNING_RATE of TRAINER are read.
    steps_per_epoch, total_steps : int
        At least 1; the training ends after `total_steps`.

    Returns
    -------
    float

    Raises
    ------
    SettingsError
        If the scheduler is not known.

    Notes
    -----
    With :math:`c(q) = f + (1-f)\frac{1 + \cos \pi q}{2}`, where :math:`f` is
    FINAL_LEARNING_RATE, the rate is LEARNING_RATE times

    * ``cosine``: :math:`c(step / total)`
    * ``cosine_annealing_warm_restarts``: :math:`c(epoch / T_0)`, from 0 again after
      every :math:`T_0` epochs
    * ``constant``: 1

    and rises in a line over the first N_WARMUP steps, or half of a training that is
    shorter than twice as many. ``one_cycle`` has a warm-up of its own: along a cosine
    from 0.04 to 1 over the first 0.3 of the steps, then along a cosine to :math:`f`.

    *Source:* Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
    restarts" (2017); Smith and Topin, "Super-convergence" (2018).
    """
    train, last = settings.TRAIN, settings.TRAINER.FINAL_LEARNING_RATE
    done = min(step / total_steps, 1.0)
    if train.SCHEDULER == "one_cycle":
        return train.LEARNING_RATE * _one_cycle(done, last)
    if train.SCHEDULER == "cosine_annealing_warm_restarts":
        period = train.SCHEDULER_T0 * steps_per_epoch
        share = _fall(step % period / period, 1.0, last)
    elif train.SCHEDULER == "cosine":
        share = _fall(done, 1.0, last)
    elif train.SCHEDULER == "constant":
        share = 1.0
    else:
        raise SettingsError(
            f"TRAIN.SCHEDULER = {train.SCHEDULER!r} is not known. Use "
            "cosine_annealing_warm_restarts, cosine, one_cycle or constant."
        )
    warm_up = max(min(train.N_WARMUP, total_steps // 2), 1)
    return train.LEARNING_RATE * share * min((step + 1) / warm_up, 1.0)


def _one_cycle(done: float, last: float) -> float:
    if done < ONE_CYCLE_RISE:
        return _fall(done / ONE_CYCLE_RISE, ONE_CYCLE_START, 1.0)
    return _fall((done - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE), 1.0, last)


def _fall(done: float, first: float, last: float) -> float:
    """Go from the first to the last along half a wave."""
    return last + (first - last) * (1 + math.cos(math.pi * done)) / 2
