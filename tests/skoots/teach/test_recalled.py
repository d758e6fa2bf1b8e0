"""What is known of a training that was interrupted, from its folder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skoots.config import get_cfg_defaults
from skoots.errors import SkootsError
from skoots.events import Recalled, TeachFinished
from skoots.teach import TeachProject, go_on
from skoots.teach.recalled import is_trained, recall
from skoots.teach.record import COMPARISON
from skoots.train.curves import COLUMNS
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

EPOCHS = ((10, 25.0, 0.9, None), (20, 45.5, 0.7, 0.4), (30, 61.0, 0.5, 0.6))
"""Step, seconds, loss and F1, of epochs of ten steps; the first one was not scored."""


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A training of three epochs whose models are gone."""
    set_seconds(tmp_path, 60.0)
    write_epochs(tmp_path, 3)
    return tmp_path


def set_seconds(training: Path, seconds: float) -> None:
    settings = get_cfg_defaults().merge({"TRAINER": {"SECONDS": seconds}})
    Project.create(training, settings, resume=True)


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
    set_seconds(training, 0.0)
    assert not is_trained(training)


def test_one_that_goes_on_for_longer_has_something_left(training: Path) -> None:
    set_seconds(training, 600.0)
    assert not is_trained(training)
    (training / "settings.yaml").unlink()
    with pytest.raises(SkootsError, match="is no training"):
        is_trained(training)


DAMAGED = {
    "not text": b"\xff\xfe\x00",
    "other columns": b"epoch,step\n1,10\n",
    "no number": (",".join(COLUMNS) + "\n" + ",".join("x" for _ in COLUMNS)).encode(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_without_curves_that_can_be_read_nothing_is_known(
    training: Path, content: bytes
) -> None:
    (training / "curves.csv").write_bytes(content)
    assert recall(training) is None
    assert not is_trained(training)


def test_a_model_can_be_decided_on_without_its_curves(
    project: TeachProject, taught: TeachFinished
) -> None:
    (past, _) = go_on(project, taught.training)
    assert isinstance(past, Recalled)
    (taught.training / "curves.csv").write_bytes(DAMAGED["not text"])
    assert list(go_on(project, taught.training)) == [taught]
