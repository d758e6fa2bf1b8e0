"""What is known of a training that was interrupted, from its folder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skoots.events import Recalled
from skoots.teach.recalled import is_trained, recall
from skoots.teach.record import COMPARISON, TeachRecord, write_record
from skoots.train.curves import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

RECORD = TeachRecord(
    base=None, seconds=60.0, diameter=None, grids={}, objects=1, boxes=1, held_out=()
)
EPOCHS = ((10, 25.0, 0.9, None), (20, 45.5, 0.7, 0.4), (30, 61.0, 0.5, 0.6))
"""Step, seconds, loss and F1, of epochs of ten steps; the first one was not scored."""


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A training of three epochs whose models are gone."""
    write_record(tmp_path, RECORD)
    write_epochs(tmp_path, 3)
    return tmp_path


def write_epochs(training: Path, epochs: int) -> None:
    lines = [",".join(COLUMNS)]
    for number, (step, seconds, loss, f1) in enumerate(EPOCHS[:epochs], 1):
        row = dict.fromkeys(COLUMNS, "")
        row |= {"epoch": str(number), "step": str(step), "seconds": str(seconds)}
        row |= {"loss": str(loss), "f1_50": "" if f1 is None else str(f1)}
        lines.append(",".join(row.values()))
    (training / "curves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_its_curves_are_those_of_its_epochs(training: Path) -> None:
    assert recall(training) == Recalled(
        steps=30,
        seconds=61.0,
        losses=((25.0, 0.9), (45.5, 0.7), (61.0, 0.5)),
        scores=((45.5, 0.4), (61.0, 0.6)),
        best_at=None,
    )


def test_what_was_not_saved_is_done_again(training: Path) -> None:
    past = recall(training, 23)
    assert past is not None
    assert (past.steps, past.seconds, past.scores) == (20, 45.5, ((45.5, 0.4),))
    assert recall(training, 9) is None
    (training / "curves.csv").unlink()
    assert recall(training) is None


def test_nothing_is_left_of_it_once_its_time_is_up(training: Path) -> None:
    assert is_trained(training)
    write_epochs(training, 2)
    assert not is_trained(training)
    (training / COMPARISON).touch()
    assert is_trained(training), "it was ended before its time"


def test_one_without_an_end_has_always_something_left(training: Path) -> None:
    write_record(training, RECORD.model_copy(update={"seconds": 0.0}))
    assert not is_trained(training)
