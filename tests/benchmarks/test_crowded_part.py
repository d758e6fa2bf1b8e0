"""Which part of a volume is shown."""

from __future__ import annotations

import numpy as np
import pytest
from crowded_part import crowded_part


@pytest.fixture
def truth() -> np.ndarray:
    """Two touching blocks in plane 2, of 90 x 200 pixels, and some far from them."""
    labels = np.zeros((5, 90, 200), np.uint16)
    labels[2, 40:50, 150:160] = 1
    labels[2, 40:50, 160:170] = 2
    labels[:, 10:20, 10:20] = 3
    labels[:, 60:70, 20:30] = 4
    return labels


def test_the_part_that_is_shown_holds_the_objects_that_touch(truth: np.ndarray) -> None:
    part = crowded_part(truth)
    assert part.plane == 2
    assert {1, 2} <= set(np.unique(part.of(truth)))
    assert 3 not in part.of(truth)


def test_where_nothing_touches_the_part_holds_what_there_is(truth: np.ndarray) -> None:
    alone = np.where(truth == 1, truth, 0)
    part = crowded_part(alone)
    assert (part.of(alone) > 0).sum() == 100


def test_a_small_volume_is_shown_whole(truth: np.ndarray) -> None:
    small = truth[:, 30:60, 140:180]
    assert crowded_part(small).of(small).shape == (30, 40)
