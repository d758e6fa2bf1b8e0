"""Skeletons are what is sure of both, dilated."""

from __future__ import annotations

import numpy as np
import pytest
from inference_cases import settings_with

from skoots.inference.skeleton_mask import skeleton_mask, threshold_byte


@pytest.mark.parametrize(
    ("threshold", "least"), [(0.0, 0), (0.5, 127), (0.8, 204), (1.0, 255)]
)
def test_a_stored_byte_is_above_a_threshold_when_the_number_was(
    threshold: float, least: int
) -> None:
    assert threshold_byte(threshold) == least


def test_the_skeleton_is_foreground_and_dilated_within_its_plane() -> None:
    skeleton = np.zeros((3, 3, 3), np.uint8)
    skeleton[1, 1, 1] = skeleton[0, 0, 0] = 255
    probability = np.full_like(skeleton, 255)
    probability[0, 0, 0] = 0
    vectors = np.full((3, 3, 3, 3), 127, np.int8)  # nobody follows them
    config = settings_with(SKELETON_DILATIONS_2D=1).INFERENCE
    mask = skeleton_mask(skeleton, probability, vectors, (1.0, 1.0, 1.0), config)
    assert mask.sum(axis=(1, 2)).tolist() == [0, 9, 0]


@pytest.mark.parametrize(("is_open", "expected"), [(True, "....."), (False, "#....")])
def test_who_leaves_a_box_is_lost_and_who_leaves_the_volume_is_held(
    is_open: bool,
    expected: str,
) -> None:
    skeleton = np.zeros((1, 1, 5), np.uint8)
    skeleton[..., :2] = 255
    vectors = np.zeros((3, 1, 1, 5), np.int8)
    vectors[2] = -127
    config = settings_with(CONTRACT=1).INFERENCE
    sides = [(False, False), (False, False), (is_open, False)]
    mask = skeleton_mask(
        skeleton, np.full_like(skeleton, 255), vectors, (3.0,) * 3, config, sides
    )
    assert "".join(".#"[int(voxel)] for voxel in mask[0, 0]) == expected


def test_skeletons_are_contracted_before_they_are_dilated() -> None:
    skeleton = np.full((1, 1, 9), 255, np.uint8)
    vectors = np.zeros((3, 1, 1, 9), np.int8)
    vectors[2, 0, 0] = 127 * (np.array([2, 2, 2, 2, 2, 6, 6, 6, 6]) - np.arange(9)) // 8
    for hops, dilated, expected in (
        (0, 0, "#########"),
        (1, 0, "..#...#.."),
        (1, 1, ".###.###."),
    ):
        config = settings_with(CONTRACT=hops, SKELETON_DILATIONS_3D=dilated).INFERENCE
        mask = skeleton_mask(skeleton, skeleton, vectors, (8.0, 8.0, 8.0), config)
        assert "".join(".#"[int(voxel)] for voxel in mask[0, 0]) == expected
