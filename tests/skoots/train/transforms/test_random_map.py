"""Maps are drawn as the settings say."""

from __future__ import annotations

import numpy as np
import pytest
from transform_cases import settings_for

from skoots.train.transforms.random_map import draw_map


def test_every_axis_is_flipped_as_often_as_told() -> None:
    cfg = settings_for(FLIP_RATE=0.25)
    rng = np.random.default_rng(0)
    drawn = [draw_map(rng, cfg, (8, 8, 8)).matrix for _ in range(2000)]
    flips = np.mean([np.diag(m) < 0 for m in drawn], axis=0)
    np.testing.assert_allclose(flips, 0.25, atol=0.04)


def test_a_magnification_shows_less_of_the_volume() -> None:
    cfg = settings_for(
        AFFINE_RATE=1.0, AFFINE_SCALE=(2, 2), AFFINE_YAW=(30, 30), AFFINE_SHEAR=(0, 0)
    )
    matrix = draw_map(np.random.default_rng(0), cfg, (8, 8, 8)).matrix
    np.testing.assert_allclose(np.linalg.svd(matrix[:2, :2])[1], 0.5)
    np.testing.assert_allclose(matrix[2], (0, 0, 1))
    assert np.rad2deg(np.arccos(matrix[0, 0] * 2)) == pytest.approx(30)


def test_a_rotation_is_one_and_scales_alike() -> None:
    extra = {"ROTATION_RATE": 1.0, "ROTATION_SCALE": (0.5, 0.5)}
    rng = np.random.default_rng(1)
    matrix = draw_map(rng, settings_for(extra=extra), (8, 8, 8)).matrix / 2
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)
