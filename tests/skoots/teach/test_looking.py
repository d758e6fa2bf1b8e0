"""What is sent to a training is heard: a place once, and the word to finish."""

from __future__ import annotations

from typing import Any

import pytest

from skoots.errors import TrainingError
from skoots.teach.looking import Ear


def heard(*sent: Any) -> list[bool]:
    """Give after each thing that is sent whether the place has moved by it."""
    ear, moved = Ear(), []
    for each in sent:
        ear.hear(each)
        moved.append(ear.moved)
        ear.moved = False
    return moved


def test_the_same_place_sent_again_is_no_move() -> None:
    here, there = (1, 2, 3), (1, 2, 4)
    assert heard(here, here, None, here, there, there, here) == [
        True, False, False, False, True, False, True,
    ]  # fmt: skip
    assert heard((1, 2, 3), (1.0, 2.0, 3.0)) == [True, False]


def test_a_move_is_remembered_until_somebody_looked() -> None:
    ear = Ear()
    for sent in ((1, 2, 3), (1, 2, 3), None, "finish"):
        ear.hear(sent)
    assert ear.moved
    assert ear.point == (1, 2, 3)
    assert ear.finish


def test_the_word_is_kept() -> None:
    ear = Ear()
    ear.hear("finish")
    ear.hear((1, 2, 3))
    ear.hear(None)
    assert ear.finish


@pytest.mark.parametrize("sent", ["stop", (1, 2), 7])
def test_anything_else_is_refused_in_words(sent: Any) -> None:
    with pytest.raises(TrainingError, match=r"\(z, y, x\) or 'finish'"):
        Ear().hear(sent)
