"""Objects of other labels come to what is painted, and nothing painted is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skoots.errors import TrainingError
from skoots.events import BlockDone, result_of
from skoots.teach.adding import Added, add_labels

SHAPE = (8, 40, 40)


def cells(*objects: tuple[int, int, int], dtype: Any = np.uint16) -> Any:
    """Objects (id, first column, last column), each of rows 10 to 20."""
    found = np.zeros(SHAPE, dtype)
    for number, first, last in objects:
        found[2:6, 10:20, first:last] = number
    return found


def test_where_nothing_is_painted_objects_keep_their_ids() -> None:
    into, labels = np.zeros(SHAPE, np.uint32), cells((7, 2, 8), (900, 20, 30))
    assert result_of(add_labels(labels, into, SHAPE)) == Added(2, 0, renumbered=False)
    np.testing.assert_array_equal(into, labels)


def test_what_is_painted_stays_and_new_objects_get_new_ids() -> None:
    into = cells((4, 0, 10), dtype=np.uint32)
    labels = cells((4, 8, 20), (2, 22, 30))
    before = labels.copy()
    assert result_of(add_labels(labels, into, SHAPE)) == Added(2, 0, renumbered=True)
    assert (into[3, 15, [0, 9, 10, 19, 22, 29]] == [4, 4, 6, 6, 5, 5]).all()
    np.testing.assert_array_equal(labels, before)


def test_an_object_that_is_painted_already_leaves_no_rim() -> None:
    into = cells((1, 0, 10), dtype=np.uint32)
    painted = into.copy()
    found = result_of(add_labels(cells((3, 0, 12)), into, SHAPE))
    assert found == Added(0, 1, renumbered=True)
    np.testing.assert_array_equal(into, painted)


def test_numbers_below_0_are_nothing() -> None:
    into = np.zeros(SHAPE, np.uint32)
    labels = cells((-1, 0, 10), (5, 20, 22), dtype=np.int32)
    assert result_of(add_labels(labels, into, SHAPE)).objects == 1
    assert set(np.unique(into)) == {0, 5}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((40, 40), np.uint8), "have .40, 40. voxels"),
        (np.zeros((8, 40, 41), np.uint8), "have .8, 40, 41. voxels"),
        (np.zeros(SHAPE, np.float32), "holds no ids"),
        (cells((1 << 40, 0, 3), dtype=np.int64), "is the largest"),
    ],
    ids=["flat", "other", "grey", "large"],
)
def test_what_cannot_be_added_is_refused(labels: Any, words: str) -> None:
    into = cells((4, 0, 10), dtype=np.uint32)
    before = into.copy()
    with pytest.raises(TrainingError, match=words):
        result_of(add_labels(labels, into, SHAPE))
    np.testing.assert_array_equal(into, before)


def test_what_is_painted_in_the_labels_meanwhile_is_left() -> None:
    into, labels = np.zeros(SHAPE, np.uint32), cells((7, 2, 8))
    before = labels.copy()
    for event in (adding := add_labels(labels, into, SHAPE)):
        if isinstance(event, BlockDone) and event.done == 1:
            labels[2:6, 10:20, 30:35] = 8
    with pytest.raises(StopIteration):
        next(adding)
    np.testing.assert_array_equal(into, before)


@pytest.mark.parametrize("used", [0, 1, 6])
def test_ids_that_are_given_out_meanwhile_are_others(used: int) -> None:
    asked = []

    def reserve(count: int, above: int) -> int:
        asked.append((count, above))
        return max(above, used)

    into = np.zeros(SHAPE, np.uint32)
    labels = cells((1, 2, 8), (3, 20, 30))
    added = result_of(add_labels(labels, into, SHAPE, reserve))
    assert asked == [(3, 0)]
    assert added.renumbered == bool(used)
    expected = {0, used + 1, used + 2} if used else {0, 1, 3}
    assert set(np.unique(into)) == expected
