"""What a benchmark paints is what a user would: a few objects, and a box that fits."""

from __future__ import annotations

import numpy as np
import pytest
from teach import OBJECTS, paint


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    """Forty cubes of 6, eight voxels from one to the next."""
    found = np.zeros((16, 40, 80), np.uint32)
    number = 0
    for z in (1, 9):
        for y in range(1, 40, 16):
            for x in range(1, 80, 11):
                number += 1
                found[z : z + 6, y : y + 6, x : x + 6] = number
    return found


@pytest.mark.parametrize("seed", range(6))
def test_few_objects_and_the_box_that_holds_them(labels: np.ndarray, seed: int) -> None:
    ids, box = paint(labels, seed)
    assert 1 <= len(ids) <= OBJECTS
    inside = tuple(
        slice(a, b) for a, b in zip(box.start_zyx, box.stop_zyx, strict=True)
    )
    part = labels[inside]
    assert set(np.unique(part[part > 0]).tolist()) == set(ids), "all that it shows"
    assert min(box.start_zyx) >= 0
    assert all(b <= n for b, n in zip(box.stop_zyx, labels.shape, strict=True))
    again, same = paint(labels, seed)
    assert (again, same) == (ids, box)


def test_another_seed_paints_elsewhere(labels: np.ndarray) -> None:
    assert len({paint(labels, seed)[1] for seed in range(6)}) > 1


def test_a_volume_of_few_objects_is_painted_whole() -> None:
    labels = np.zeros((8, 20, 30), np.uint32)
    labels[2:5, 3:6, 4:8] = 3
    labels[2:5, 12:16, 20:28] = 9
    ids, box = paint(labels, 0)
    assert ids == [3, 9]
    assert (box.start_zyx, box.stop_zyx) == ((0, 0, 0), labels.shape)
