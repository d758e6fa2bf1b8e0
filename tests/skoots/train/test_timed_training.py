"""A training that ends after a time, and never delivers worse than it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from training_cases import tiny_settings, write_rods

from skoots.events import EpochDone, TrainFinished, TrainStarted, TrainStep, Validated
from skoots.model.checkpoint import load_checkpoint
from skoots.train.engine import train
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.config import Settings
    from skoots.events import Event

SHORT = 1e-6
"""Seconds: less than an epoch takes."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Four epochs, of which each may be validated."""
    held_out = write_rods(tmp_path / "held_out", seed=1)
    return tiny_settings(
        write_rods(tmp_path / "data"),
        NUM_EPOCHS=4,
        VALIDATION_DATA_DIR=[str(held_out)],
        VALIDATION_SAMPLE_PER_IMAGE=[2],
        VALIDATION_STORE_DATA_ON_GPU=[False],
        VALIDATE_EPOCH_SKIP=1,
    )


def run(folder: Path, settings: Settings, **trainer: Any) -> tuple[Path, list[Event]]:
    settings = settings.merge({"TRAINER": trainer})
    project = Project.create(folder, settings, resume=True)
    return project.path, list(train(project.path, resume=True, device="cpu"))


def epochs(events: list[Event]) -> list[EpochDone]:
    return [event for event in events if isinstance(event, EpochDone)]


def weights(model: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(model).network.state_dict()


def test_the_time_ends_a_training_with_its_epoch_and_more_time_goes_on_with_it(
    tmp_path: Path, settings: Settings
) -> None:
    whole, _ = run(tmp_path / "whole", settings)
    place, events = run(tmp_path / "parts", settings, SECONDS=SHORT)
    (done,) = epochs(events)
    assert done.validation, "the last epoch is always validated"
    assert isinstance(events[-1], TrainFinished)
    (started,) = (e for e in events if isinstance(e, TrainStarted))
    assert started.seconds == SHORT
    assert [e.step for e in events if isinstance(e, TrainStep)][-1] == done.step
    _, again = run(place, settings, SECONDS=SHORT)
    assert not epochs(again), "its time was up before"
    _, rest = run(place, settings, SECONDS=3600)
    assert [e.epoch for e in epochs(rest)] == [1, 2, 3]
    one, other = weights(whole / "last.skoots"), weights(place / "last.skoots")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_between_two_validations_there_is_time(
    tmp_path: Path, settings: Settings
) -> None:
    _, events = run(tmp_path / "run", settings, VALIDATE_SECONDS=3600)
    assert [bool(done.validation) for done in epochs(events)] == [False] * 3 + [True]
    _, events = run(tmp_path / "often", settings, VALIDATE_SECONDS=SHORT)
    assert all(done.validation for done in epochs(events))


def test_what_is_worse_than_the_beginning_is_not_delivered(
    tmp_path: Path, settings: Settings
) -> None:
    long = settings.merge({"TRAIN": {"NUM_EPOCHS": 15, "VALIDATE_EPOCH_SKIP": 15}})
    first, _ = run(tmp_path / "first", long)
    wild = settings.merge(
        {
            "TRAIN": {
                "PRETRAINED_MODEL_PATH": [str(first / "last.skoots")],
                "LEARNING_RATE": 50.0,
            },
            "TRAINER": {"GRADIENT_CLIP": 0.0, "EMA_DECAY": 0.0},
        }
    )
    _, events = run(tmp_path / "wild", wild, VALIDATE_FIRST=True)
    (before, *after) = (e for e in events if isinstance(e, Validated))
    assert (before.step, before.best) == (0, True)
    assert before.validation["loss"] > 0
    assert len(after) == 4
    assert not any(validated.best for validated in after)
    finished = events[-1]
    assert isinstance(finished, TrainFinished)
    assert dict(finished.scores) == dict(before.validation)
    one, other = weights(first / "last.skoots"), weights(finished.model)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_training_that_is_gone_on_with_does_not_begin_again(
    tmp_path: Path, settings: Settings
) -> None:
    place, events = run(tmp_path / "run", settings, SECONDS=SHORT, VALIDATE_FIRST=True)
    assert next(e.step for e in events if isinstance(e, Validated)) == 0
    _, rest = run(place, settings, SECONDS=3600, VALIDATE_FIRST=True)
    assert all(e.step for e in rest if isinstance(e, Validated))
