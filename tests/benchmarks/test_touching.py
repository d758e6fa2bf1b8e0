"""Which objects touch, and what became of them, in volumes that can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from touching import (
    TouchingScores,
    find_mistakes,
    score_touching,
    touching_ids,
    touching_shares,
)

small_labels = hnp.arrays(np.uint16, (3, 4, 5), elements=st.integers(0, 3))


@pytest.fixture
def blocks() -> np.ndarray:
    """Two blocks of 6x6x6 voxels that touch by a face, and one far from them.

    ::

        111111222222............333333
    """
    truth = np.zeros((10, 10, 34), np.uint16)
    for label, start in ((1, 2), (2, 8), (3, 26)):
        truth[2:8, 2:8, start : start + 6] = label
    return truth


def fare(found: np.ndarray, truth: np.ndarray) -> TouchingScores:
    return score_touching(find_mistakes(found, truth), touching_ids(truth))


def test_blocks_that_touch_by_a_face_touch_and_others_do_not(
    blocks: np.ndarray,
) -> None:
    assert touching_ids(blocks, gap=0) == [1, 2]
    # of 6^3 - 4^3 voxels of its surface the face towards the other has 6 x 6
    assert touching_shares(blocks, gap=0) == {
        1: pytest.approx(36 / 152),
        2: pytest.approx(36 / 152),
        3: 0,
    }


@pytest.mark.parametrize(("gap", "touching"), [(0, []), (1, [1, 2]), (2, [1, 2])])
def test_as_many_voxels_may_lie_between_as_the_gap_says(
    gap: int, touching: list[int], blocks: np.ndarray
) -> None:
    apart = blocks.copy()
    apart[..., 8] = 0
    assert touching_ids(apart, gap=gap) == touching


@pytest.mark.parametrize(("step", "touching"), [(1.0, [1, 2]), (2.0, [])])
def test_along_z_the_gap_counts_in_voxels_along_x(
    step: float, touching: list[int], blocks: np.ndarray
) -> None:
    apart = blocks.copy()
    apart[..., 8] = 0
    upright = np.ascontiguousarray(apart.swapaxes(0, 2))
    assert touching_ids(upright, step, gap=1) == touching


def test_neighbours_along_z_touch_however_long_a_voxel_is(blocks: np.ndarray) -> None:
    upright = np.ascontiguousarray(blocks.swapaxes(0, 2))
    assert touching_ids(upright, step=5.0, gap=0) == [1, 2]


def test_a_touch_by_a_corner_is_too_little(blocks: np.ndarray) -> None:
    corner = np.zeros_like(blocks)
    corner[:5, :5, :5] = 1
    corner[5:, 5:, 5:12] = 2
    shares = touching_shares(corner, gap=0)
    assert min(shares.values()) > 0
    assert touching_ids(corner, gap=0) == []


def test_the_faces_of_the_volume_are_no_surface() -> None:
    halves = np.repeat(np.array([[[4, 4, 9, 9]]], np.uint16), 3, axis=1)
    assert touching_shares(halves, gap=0) == {4: 1.0, 9: 1.0}


def test_a_volume_without_objects_has_none_that_touch() -> None:
    nothing = np.zeros((2, 3, 4), np.uint16)
    assert touching_ids(nothing) == []
    assert fare(nothing, nothing) == TouchingScores(0, None, 0, 0, 0)


def test_the_truth_itself_makes_no_mistakes(blocks: np.ndarray) -> None:
    assert fare(blocks, blocks) == TouchingScores(2, 1.0, 0, 0, 0)


def test_two_blocks_found_as_one_are_merged_and_neither_is_found(
    blocks: np.ndarray,
) -> None:
    found = np.where(blocks == 2, 1, blocks)
    assert fare(found, blocks) == TouchingScores(2, 0.0, 2, 1, 0)


def test_a_block_found_as_two_is_split(blocks: np.ndarray) -> None:
    found = blocks.copy()
    found[:5][found[:5] == 2] = 7
    assert fare(found, blocks) == TouchingScores(2, 0.5, 0, 0, 1)


def test_a_missing_block_is_neither_merged_nor_split(blocks: np.ndarray) -> None:
    found = np.where(blocks == 2, 0, blocks)
    assert fare(found, blocks) == TouchingScores(2, 0.5, 0, 0, 0)


def test_a_block_that_swallows_a_sliver_of_its_neighbour_is_still_found(
    blocks: np.ndarray,
) -> None:
    found = blocks.copy()
    found[..., 8][found[..., 8] == 2] = 1  # one of six layers
    assert fare(found, blocks) == TouchingScores(2, 1.0, 0, 0, 0)


def test_what_happens_to_blocks_that_touch_nothing_does_not_count(
    blocks: np.ndarray,
) -> None:
    found = np.where(blocks == 3, 0, blocks)
    assert fare(found, blocks) == TouchingScores(2, 1.0, 0, 0, 0)


@settings(max_examples=60)
@given(small_labels, st.integers(0, 2))
def test_a_wider_gap_loses_no_object_that_touches(labels: np.ndarray, gap: int) -> None:
    assert set(touching_ids(labels, gap=gap)) <= set(touching_ids(labels, gap=gap + 1))


@settings(max_examples=60)
@given(small_labels)
def test_any_truth_is_found_in_itself_whatever_the_ids(labels: np.ndarray) -> None:
    mistakes = find_mistakes(labels * 100, labels)
    ids = np.unique(labels[labels > 0]).tolist()
    assert mistakes.found == {label: 100 * label for label in ids}
    assert not mistakes.merged
    assert not mistakes.split


@settings(max_examples=60)
@given(small_labels, small_labels)
def test_an_object_is_one_partner_at_most_and_none_of_the_merged_is_split(
    found: np.ndarray, truth: np.ndarray
) -> None:
    mistakes = find_mistakes(found, truth)
    assert len(set(mistakes.found.values())) == len(mistakes.found)
    partners = list(mistakes.merged.values())
    assert all(partners.count(one) >= 2 for one in partners)
    assert all(len(set(parts)) >= 2 for parts in mistakes.split.values())
