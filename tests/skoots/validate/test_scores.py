"""Scores of volumes that can be counted by hand, and what holds for any volume."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skoots.validate.overlap import Pairs
from skoots.validate.scores import IOU_THRESHOLDS, Scores, match, score

SHAPE = (2, 4, 5)
labels = hnp.arrays(np.uint32, SHAPE, elements=st.integers(0, 4))
blocks = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 6))


def row(*ids: int) -> np.ndarray:
    """A volume of one row."""
    return np.array([[ids]], dtype=np.uint32)


@pytest.fixture
def cells() -> tuple[np.ndarray, np.ndarray]:
    """Four true cells; found: one as it is, one halved, two as one, one too many.

    truth   1111 2222 3344 ..
    found   1111 5566 7777 8.
    """
    truth = row(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 0, 0)
    found = row(1, 1, 1, 1, 5, 5, 6, 6, 7, 7, 7, 7, 8, 0)
    return found, truth


def test_every_score_of_a_row_of_cells_is_as_counted_by_hand(
    cells: tuple[np.ndarray, np.ndarray],
) -> None:
    # pairs at IoU 0.5: 1-1 with 1, 2-5 or 2-6 with 0.5, 3-7 or 4-7 with 0.5
    assert score(*cells) == Scores(
        objects_predicted=5,
        objects_truth=4,
        precision_50=3 / 5,
        recall_50=3 / 4,
        f1_50=6 / 9,
        precision_75=1 / 5,
        recall_75=1 / 4,
        f1_75=2 / 9,
        f1_mean=pytest.approx((6 / 9 + 9 * 2 / 9) / 10),
        panoptic_quality=pytest.approx(2 / 3 * 6 / 9),
        segmentation_quality=pytest.approx(2 / 3),
        recognition_quality=6 / 9,
        semantic_iou=12 / 13,
        average_best_overlap=(1 + 3 * 0.5) / 4,
        splits=1,
        merges=1,
    )


@settings(deadline=None)
@given(truth=labels)
def test_a_perfect_match_is_one_in_every_score(truth: np.ndarray) -> None:
    result = asdict(score(truth, truth))
    counts = {result.pop("objects_predicted"), result.pop("objects_truth")}
    assert len(counts) == 1
    assert result.pop("splits") == result.pop("merges") == 0
    assert set(result.values()) == {1.0}


@settings(deadline=None)
@given(predicted=labels, truth=labels, order=st.permutations([1, 2, 3, 4]))
def test_names_of_objects_do_not_matter(
    predicted: np.ndarray, truth: np.ndarray, order: list[int]
) -> None:
    renamed = np.array([0, *(2**31 + n for n in order)], dtype=np.uint32)[predicted]
    assert asdict(score(renamed, truth)) == pytest.approx(
        asdict(score(predicted, truth))
    )


@settings(deadline=None)
@given(predicted=labels, truth=labels)
def test_swapping_swaps_precision_and_recall_splits_and_merges(
    predicted: np.ndarray, truth: np.ndarray
) -> None:
    there, back = score(predicted, truth), score(truth, predicted)
    swapped = replace(
        back,
        objects_predicted=back.objects_truth,
        objects_truth=back.objects_predicted,
        precision_50=back.recall_50,
        recall_50=back.precision_50,
        precision_75=back.recall_75,
        recall_75=back.precision_75,
        splits=back.merges,
        merges=back.splits,
        average_best_overlap=there.average_best_overlap,  # of the true objects alone
    )
    assert asdict(there) == pytest.approx(asdict(swapped))


@settings(deadline=None)
@given(predicted=labels, truth=labels, block=blocks)
def test_the_block_size_does_not_matter(
    predicted: np.ndarray, truth: np.ndarray, block: tuple[int, int, int]
) -> None:
    assert score(predicted, truth, block_zyx=block) == score(predicted, truth)


@pytest.mark.parametrize("swap", [False, True], ids=["no prediction", "no truth"])
def test_an_empty_volume_against_objects_scores_zero(swap: bool) -> None:
    empty, full = np.zeros(SHAPE, np.uint8), np.ones(SHAPE, np.uint8)
    result = asdict(score(full, empty) if swap else score(empty, full))
    counts = result.pop("objects_predicted"), result.pop("objects_truth")
    assert sorted(counts) == [0, 1]
    assert set(result.values()) == {0}


def test_the_best_overlap_sees_what_reaches_no_threshold() -> None:
    truth, found = row(1, 1, 1, 1, 0, 2, 2), row(0, 0, 5, 5, 5, 6, 0)
    result = score(found, truth)
    assert result.average_best_overlap == pytest.approx((2 / 5 + 1 / 2) / 2)
    assert score(found[..., :5], truth[..., :5]).panoptic_quality == 0


def test_two_empty_volumes_agree() -> None:
    empty = np.zeros(SHAPE, np.uint8)
    result = score(empty, empty)
    assert (result.objects_predicted, result.f1_mean, result.semantic_iou) == (0, 1, 1)
    assert result.average_best_overlap == 1


@settings(deadline=None)
@given(
    iou=hnp.arrays(
        np.float64, (3, 4), elements=st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.45])
    ),
    threshold=st.sampled_from([0.1, 0.2, 0.4]),
)
def test_matching_finds_most_pairs_and_then_the_highest_sum(
    iou: np.ndarray, threshold: float
) -> None:
    rows, columns = np.nonzero(iou)
    pairs = Pairs(rows, columns, np.ones(len(rows), np.int64), iou[rows, columns])
    kept = np.where(iou >= threshold, iou, 0)
    choices = [kept[range(3), order] for order in permutations(range(4), 3)]
    best = max(((chosen > 0).sum(), chosen.sum()) for chosen in choices)
    found = match(pairs, threshold)
    assert (len(found), found.sum()) == (best[0], pytest.approx(best[1]))


def test_a_sliver_along_a_border_is_no_split() -> None:
    truth = row(*[1] * 10)
    assert score(row(*[2] * 8, 3, 3), truth).splits == 0
    assert score(row(*[2] * 7, 3, 3, 3), truth).splits == 1


def test_thresholds_are_the_ten_of_the_mean() -> None:
    assert IOU_THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
