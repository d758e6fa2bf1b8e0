"""Which of two models is the better one, and what is scored to say so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from skoots.train.data.annotated import AnnotatedVolume
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.judge import FINER, TAUGHT, _only_taught, _value

if TYPE_CHECKING:
    from skoots._types import Shape3


def found(f1: float, taught: float | None, quality: float, finer: float) -> list[float]:
    said = {"f1_50": f1, "panoptic_quality": quality, FINER: finer}
    losses = {"probability": 0.1, "skeleton": 0.2}
    return _value({**losses, **said, **({} if taught is None else {TAUGHT: taught})})


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ((0.6, 0.1, 0.1, 0.1), (0.5, 0.9, 0.9, 0.9)),
        ((0.5, 0.9, 0.1, 0.1), (0.5, 0.8, 0.9, 0.9)),
        ((0.5, 0.8, 0.3, 0.1), (0.5, 0.8, 0.2, 0.9)),
        ((0.5, 0.8, 0.3, 0.2), (0.5, 0.8, 0.3, 0.1)),
        ((0.1, None, 0.3, 0.1), (0.9, None, 0.2, 0.9)),
        ((0.1, None, 0.3, 0.2), (0.9, None, 0.3, 0.1)),
    ],
    ids=[
        "what is found of the held-out part comes first",
        "then the quality in taught boxes",
        "then the quality in the held-out part",
        "then the overlap there",
        "without taught boxes quality comes first",
        "and overlap next",
    ],
)
def test_the_first_that_differs_decides(
    better: tuple[float, float | None, float, float],
    worse: tuple[float, float | None, float, float],
) -> None:
    assert found(*better) > found(*worse)


def test_masks_decide_where_all_scores_are_the_same() -> None:
    said = {"f1_50": 0.0, "panoptic_quality": 0.0, FINER: 0.0, TAUGHT: 0.0}
    low = _value({**said, "probability": 0.1, "skeleton": 0.2, "embedding": 9.0})
    high = _value({**said, "probability": 0.2, "skeleton": 0.2, "embedding": 0.1})
    assert low > high, "the loss of the vectors says nothing"


def only(shape: Shape3, *boxes: TaughtBox) -> tuple[TaughtBox, ...]:
    nothing = torch.zeros(1, 1, 1, 1)
    here = Path("v.tif")
    volume = AnnotatedVolume(
        "v", here, None, shape, None, nothing, nothing, {}, nothing, boxes
    )
    return _only_taught(volume).boxes


def test_what_is_held_out_is_not_scored_as_taught() -> None:
    taught = TaughtBox((0, 0, 0), (10, 20, 30))
    held = TaughtBox((0, 20, 0), (10, 40, 30), held_out=True)
    assert only((10, 40, 30), taught, held) == (taught,)


def test_of_a_large_box_the_middle_is_scored() -> None:
    large = TaughtBox((0, 100, 8), (500, 600, 168))
    (part,) = only((500, 700, 300), large)
    assert part == TaughtBox((218, 270, 8), (282, 430, 168))
