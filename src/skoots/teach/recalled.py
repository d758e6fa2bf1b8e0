"""How a training went before it was interrupted, as its folder knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.errors import SkootsError
from skoots.events import Recalled
from skoots.teach.record import is_compared, read_record
from skoots.train.curves import read_curves

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import Points
    from skoots.train.curves import Row

_CURVES, _BEST = "curves.csv", "best.skoots"


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
    rows = _rows(training)
    if steps is not None:
        rows = [row for row in rows if int(row["step"]) <= steps]
    if not rows:
        return None
    best_at, first = _best(training, rows)
    return Recalled(
        steps=int(rows[-1]["step"]),
        seconds=float(rows[-1]["seconds"]),
        losses=_points(rows, "loss"),
        scores=(*first, *_points(rows, "f1_50")),
        best_at=best_at,
    )


def is_trained(training: Path) -> bool:
    """Tell whether all that is left of a training is to compare, or to decide.

    Parameters
    ----------
    training : Path
        Its folder.
    """
    if is_compared(training):
        return True
    rows, seconds = _rows(training), read_record(training).seconds
    return bool(rows) and 0 < seconds <= float(rows[-1]["seconds"])


def _rows(training: Path) -> list[Row]:
    try:
        return read_curves(training / _CURVES)
    except OSError:  # nothing but a picture of the past
        return []


def _points(rows: list[Row], column: str) -> Points:
    known = (row for row in rows if row[column])
    return tuple((float(row["seconds"]), float(row[column])) for row in known)


def _best(training: Path, rows: list[Row]) -> tuple[float | None, Points]:
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
    of_best = (float(row["seconds"]) for row in rows if int(row["step"]) == step)
    return next(of_best, None), ()
