"""Ids grow through foreground, at most so far, in no order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skoots.inference.grow import grow_labels

SHAPE = (3, 5, 7)


def grown(ids: list[int], foreground: list[int], steps: int) -> list[int]:
    line = np.array([[ids]], np.uint32)
    grow_labels(line, np.array([[foreground]], bool), steps)
    return line[0, 0].tolist()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (0, [1, 0, 0, 0, 0, 2, 0, 0]),
        (1, [1, 1, 0, 0, 2, 2, 0, 0]),
        (2, [1, 1, 1, 2, 2, 2, 0, 0]),
        (9, [1, 1, 1, 2, 2, 2, 0, 0]),
    ],
)
def test_ids_meet_in_the_middle_and_stop_at_the_background(
    steps: int, expected: list[int]
) -> None:
    assert grown([1, 0, 0, 0, 0, 2, 0, 0], [1, 1, 1, 1, 1, 1, 0, 1], steps) == expected


def test_between_two_ids_the_smaller_wins() -> None:
    assert grown([7, 0, 3], [1, 1, 1], 1) == [7, 3, 3]


@settings(max_examples=30, deadline=None)
@given(
    ids=arrays(np.uint32, SHAPE, elements=st.integers(0, 2)),
    foreground=arrays(np.bool_, SHAPE),
    steps=st.integers(0, 3),
)
def test_growing_is_steps_times_growing_by_one(
    ids: np.ndarray, foreground: np.ndarray, steps: int
) -> None:
    at_once, one_by_one = ids.copy(), ids.copy()
    grow_labels(at_once, foreground, steps)
    for _ in range(steps):
        before = one_by_one.copy()
        grow_labels(one_by_one, foreground, 1)
        changed = one_by_one != before
        assert not before[changed].any()
        assert foreground[changed].all()
    np.testing.assert_array_equal(at_once, one_by_one)
