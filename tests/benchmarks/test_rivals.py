"""Readings of answers that were made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rivals import (
    Answer,
    best,
    depth_inside,
    drop_small,
    flood,
    flood_skeletons,
    read_all,
    seed_maxima,
    try_components,
    try_watersheds,
)
from scipy import ndimage

from skoots.config import InferenceConfig
from skoots.validate.scores import score

SETTINGS = InferenceConfig(
    PROBABILITY_THRESHOLD=0.5,
    SKELETON_THRESHOLD=0.5,
    SKELETON_DILATIONS_3D=0,
    SKELETON_DILATIONS_2D=0,
    MIN_OBJECT_VOXELS=30,
    CONNECTIVITY=26,
)


def ball(centre: float, radius: float = 6.0) -> np.ndarray:
    """A ball in a volume of 17 x 17 x 34 voxels, at a place along X."""
    z, y, x = np.ogrid[:17, :17, :34]
    return (z - 8) ** 2 + (y - 8) ** 2 + (x - centre) ** 2 <= radius**2


@pytest.fixture
def truth() -> np.ndarray:
    """Two balls that touch in a narrow waist."""
    labels = np.zeros((17, 17, 34), np.uint32)
    labels[ball(11)] = 1
    labels[ball(22) & (labels == 0)] = 2
    return labels


@pytest.fixture
def answer(truth: np.ndarray) -> Answer:
    """All of both balls is equally probable; their middles are skeleton."""
    probability = np.where(truth > 0, 250, 3).astype(np.uint8)
    skeleton = np.zeros(truth.shape, np.uint8)
    skeleton[7:10, 7:10, 10:13] = skeleton[7:10, 7:10, 21:24] = 255
    vectors = np.zeros((3, *truth.shape), np.int8)
    one = 1.0, 1.0, 1.0
    return Answer(probability, skeleton, vectors, one, truth.copy(), SETTINGS, 1.0)


def test_the_premise_the_balls_touch(truth: np.ndarray) -> None:
    assert ndimage.label(truth > 0)[1] == 1


def test_components_make_one_of_balls_that_touch(answer: Answer) -> None:
    for _, found in try_components(answer):
        assert set(np.unique(found)) == {0, 1}
        assert ((found > 0) == (answer.probability > 128)).all()


def test_components_touch_by_faces_alone(answer: Answer) -> None:
    diagonal = np.zeros(answer.probability.shape, np.uint8)
    diagonal[:4, :4, :4] = diagonal[4:8, 4:8, 4:8] = 255
    found = [np.unique(f).size for _, f in try_components(_with(answer, diagonal))]
    assert found == [3] * len(found)


def test_a_higher_threshold_parts_balls_with_a_less_probable_waist(
    answer: Answer, truth: np.ndarray
) -> None:
    probability = answer.probability.copy()
    probability[..., 16:18] = np.minimum(probability[..., 16:18], 200)
    reading = best("components", try_components(_with(answer, probability)), truth)
    assert reading.settings == "above 0.9"
    assert reading.scores.f1_50 == 1


def test_the_watershed_parts_balls_at_their_waist(
    answer: Answer, truth: np.ndarray
) -> None:
    found = best("watershed", try_watersheds(answer), truth)
    assert found.scores.f1_75 == 1
    assert found.scores.semantic_iou == 1


def test_the_watershed_merges_what_rises_too_little_above_the_waist(
    answer: Answer,
) -> None:
    depth = depth_inside(answer.probability > 128, 1.0)
    assert seed_maxima(depth, 1.0).max() == 2
    assert seed_maxima(depth, 5.0).max() == 1


def test_a_piece_without_a_maximum_that_high_is_one_object(answer: Answer) -> None:
    depth = depth_inside(answer.probability > 128, 1.0)
    depth[0, 0, :30] = 1  # a thread
    found = flood(depth, seed_maxima(depth, 4.0))
    assert (found > 0).sum() == (depth > 0).sum()
    assert np.unique(found[0, 0, :30]).size == 1
    assert found[0, 0, 0] != found[8, 8, 11]


def test_depth_counts_longer_voxels_along_z() -> None:
    slab = np.zeros((7, 21, 21), bool)
    slab[2:5] = True
    assert depth_inside(slab, 1.0)[3, 10, 10] == 2
    assert depth_inside(slab, 2.5)[3, 10, 10] == 5


def test_the_skeleton_watershed_gives_each_skeleton_its_ball(
    answer: Answer, truth: np.ndarray
) -> None:
    assert score(flood_skeletons(answer), truth).f1_75 == 1


def test_the_skeleton_watershed_merges_balls_whose_skeletons_are_one(
    answer: Answer,
) -> None:
    skeleton = answer.skeleton.copy()
    skeleton[8, 8, 10:24] = 255
    joined = replace(answer, skeleton=skeleton)
    assert set(np.unique(flood_skeletons(joined))) == {0, 1}


def test_a_skeleton_that_is_too_small_starts_no_object(answer: Answer) -> None:
    skeleton = answer.skeleton.copy()
    skeleton[..., 20:] = 0
    skeleton[8, 8, 22] = 255
    few = replace(
        answer, skeleton=skeleton, settings=SETTINGS.replace({"MIN_SKELETON_VOXELS": 3})
    )
    assert set(np.unique(flood_skeletons(few))) == {0, 1}


def test_small_objects_are_dropped_and_others_keep_their_ids() -> None:
    labels = np.zeros((4, 5, 6), np.uint32)
    labels[:3, :, :3] = 2
    labels[3, 4, 5] = 5
    assert set(np.unique(drop_small(labels, SETTINGS))) == {0, 2}


def test_all_readings_are_scored_and_that_of_skoots_is_taken_as_it_is(
    answer: Answer, truth: np.ndarray
) -> None:
    readings = read_all(answer, truth)
    names = ["SKOOTS", "components", "watershed", "skeleton watershed"]
    assert [reading.name for reading in readings] == names
    assert readings[0].labels is answer.labels
    assert [r.scores.f1_75 for r in readings] == [1, 0, 1, 1]


def _with(answer: Answer, probability: np.ndarray) -> Answer:
    return replace(answer, probability=probability)
