"""How a training went before it was interrupted, as its folder knows it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from skoots.errors import SkootsError
from skoots.events import Recalled
from skoots.teach.record import is_compared
from skoots.train.curves import read_curves
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import Points
    from skoots.train.curves import Row

_CURVES, _BEST = "curves.csv", "best.skoots"
"""As `skoots.train.project.Project` names them, which opens no folder whose settings
are damaged: the model there can be decided about all the same."""


@dataclass(frozen=True, slots=True)
class _Epoch:
    """What its row says, as numbers."""

    step: int
    seconds: float
    loss: float | None
    f1: float | None

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row; an empty cell is nothing."""
        loss, f1 = (float(row[name]) if row[name] else None for name in _PLOTTED)
        return cls(int(row["step"]), float(row["seconds"]), loss, f1)


_PLOTTED = ("loss", "f1_50")


def recall(training: Path, steps: int | None = None) -> Recalled | None:
    """Say how a training went; None where no epoch of it ended.

    Parameters
    ----------
    training : Path
        Its folder.
    steps : int, optional
        Those after which it goes on: what a process did later, and did not save before
        it died, is done again. All of them, if nobody says.
    """
    epochs = _epochs(training)
    if steps is not None:
        epochs = [epoch for epoch in epochs if epoch.step <= steps]
    if not epochs:
        return None
    best_at, first = _best(training, epochs)
    scores = ((epoch.seconds, epoch.f1) for epoch in epochs if epoch.f1 is not None)
    losses = ((one.seconds, one.loss) for one in epochs if one.loss is not None)
    return Recalled(
        steps=epochs[-1].step,
        seconds=epochs[-1].seconds,
        losses=tuple(losses),
        scores=(*first, *scores),
        best_at=best_at,
    )


def is_trained(training: Path) -> bool:
    """Tell whether all that is left of a training is to compare, or to decide.

    Parameters
    ----------
    training : Path
        Its folder.

    Raises
    ------
    SkootsError
        If its settings cannot be read.
    """
    if is_compared(training):
        return True
    epochs, seconds = _epochs(training), Project(training).settings.TRAINER.SECONDS
    return bool(epochs) and 0 < seconds <= epochs[-1].seconds


def _epochs(training: Path) -> list[_Epoch]:
    """Give those that ended; none where their file cannot be read.

    It is nothing but a picture of the past: a model can be kept without.
    """
    try:
        return [_Epoch.of(row) for row in read_curves(training / _CURVES)]
    except (OSError, ValueError, KeyError, csv.Error):
        return []


def _best(training: Path, epochs: list[_Epoch]) -> tuple[float | None, Points]:
    """Give the second of the best model, and its score where no row has that.

    That of the model with which it began is in none: rows are of epochs.
    """
    from skoots.model.checkpoint import load_checkpoint  # noqa: PLC0415 - torch

    try:
        model = load_checkpoint(training / _BEST)
    except SkootsError:  # it has none yet, or was cleared
        return None, ()
    step = model.provenance.get("steps")
    if step == 0:
        f1 = model.scores.get("f1_50")
        return 0.0, () if f1 is None else ((0.0, float(f1)),)
    of_best = (epoch.seconds for epoch in epochs if epoch.step == step)
    return next(of_best, None), ()
