"""The table of common voxels is the same for any block size and for any ids."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skoots.errors import ScoreError
from skoots.validate import overlap as module
from skoots.validate.labels import open_labels
from skoots.validate.overlap import Overlap, count_overlap, list_objects, list_pairs

SHAPE = (3, 5, 4)
labels = hnp.arrays(np.uint32, SHAPE, elements=st.integers(0, 5))
blocks = st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5))


def table(overlap: Overlap) -> list[tuple[int, int, int]]:
    columns = overlap.truth, overlap.predicted, overlap.voxels
    return [(int(t), int(p), int(n)) for t, p, n in zip(*columns, strict=True)]


def count(
    predicted: np.ndarray, truth: np.ndarray, block: tuple[int, int, int] = SHAPE
) -> Overlap:
    return count_overlap(open_labels(predicted), open_labels(truth), block)


def test_a_small_table_is_as_written_by_hand() -> None:
    truth = np.array([[[1, 1, 1, 0], [1, 2, 2, 0]]], dtype=np.uint16)
    found = np.array([[[7, 7, 0, 0], [7, 7, 9, 9]]], dtype=np.uint8)
    assert table(count(found, truth)) == [
        (0, 0, 1),
        (0, 9, 1),
        (1, 0, 1),
        (1, 7, 3),
        (2, 7, 1),
        (2, 9, 1),
    ]


@settings(deadline=None)
@given(predicted=labels, truth=labels, block=blocks)
def test_the_table_is_a_count_of_pairs_whatever_the_blocks(
    predicted: np.ndarray, truth: np.ndarray, block: tuple[int, int, int]
) -> None:
    pairs = Counter(
        zip(truth.ravel().tolist(), predicted.ravel().tolist(), strict=True)
    )
    expected = sorted((t, p, n) for (t, p), n in pairs.items())
    assert table(count(predicted, truth, block)) == expected


def test_waiting_tables_are_added_up_without_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PENDING_LIMIT", 3)
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 9, (2, *SHAPE), dtype=np.uint32)
    assert table(count(found, truth, (1, 1, 1))) == table(count(found, truth))


@pytest.mark.parametrize("dtype", ["uint32", "int64", "uint64"])
def test_large_ids_are_kept(dtype: str) -> None:
    top = int(np.iinfo(dtype).max)
    truth = np.array([[[top, top - 1, 0]]], dtype=dtype)
    assert table(count(truth, truth)) == [
        (0, 0, 1),
        (top - 1, top - 1, 1),
        (top, top, 1),
    ]


def test_swapping_the_table_is_swapping_the_volumes() -> None:
    rng = np.random.default_rng(1)
    truth, found = rng.integers(0, 4, (2, *SHAPE), dtype=np.uint8)
    assert table(count(found, truth).swapped()) == table(count(truth, found))


def test_objects_and_pairs_leave_the_background_out() -> None:
    truth = np.array([[[0, 3, 3, 3]]])
    found = np.array([[[2, 2, 2, 0]]])
    overlap = count(found, truth)
    true = list_objects(overlap.truth, overlap.voxels)
    predicted = list_objects(overlap.predicted, overlap.voxels)
    assert (true.ids.tolist(), true.voxels.tolist()) == ([3], [3])
    assert (predicted.ids.tolist(), predicted.voxels.tolist()) == ([2], [3])
    assert list_pairs(overlap, true, predicted).iou.tolist() == [2 / 4]


def test_shapes_that_differ_are_both_named() -> None:
    with pytest.raises(ScoreError, match=r"\(1, 2, 3\).*\(1, 3, 3\)"):
        count(np.zeros((1, 2, 3), np.uint8), np.zeros((1, 3, 3), np.uint8))


def test_a_probability_map_is_no_label_volume() -> None:
    with pytest.raises(ScoreError, match=r"prediction .* holds float32"):
        count(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8))


def test_a_negative_id_is_refused() -> None:
    with pytest.raises(ScoreError, match="negative id -1"):
        count(np.zeros(SHAPE, np.uint8), np.full(SHAPE, -1))
