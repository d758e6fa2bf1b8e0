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
    mask = skeleton_mask(
        skeleton, probability, settings_with(SKELETON_DILATIONS_2D=1).INFERENCE
    )
    assert mask.sum(axis=(1, 2)).tolist() == [0, 9, 0]
