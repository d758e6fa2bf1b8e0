"""Voxels and skeleton points go through one map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.train.warp import Warp, draw_matrix


def _warp(seed: int, shape: tuple[int, int, int] = (20, 18, 16)) -> Warp:
    rng = np.random.default_rng(seed)
    matrix = draw_matrix(rng, max_angle=np.pi / 4, max_log_scale=0.3)
    return Warp(matrix, rng.uniform(18, 22, 3), shape)


def test_the_identity_cuts_the_crop_out_as_it_is() -> None:
    image = np.random.default_rng(0).normal(size=(12, 11, 10)).astype(np.float32)
    labels = np.arange(image.size, dtype=np.int32).reshape(image.shape)
    warp = Warp(np.eye(3), np.array([5.0, 5.0, 5.0]), (3, 3, 3))
    sampled, ids = warp.sample(image, labels)
    np.testing.assert_allclose(sampled, image[4:7, 4:7, 4:7], rtol=1e-6)
    np.testing.assert_array_equal(ids, labels[4:7, 4:7, 4:7])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_an_aligned_crop_keeps_every_voxel_as_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(20, 20, 20)).astype(np.float32)
    labels = np.arange(image.size, dtype=np.int32).reshape(image.shape)
    matrix = draw_matrix(rng, max_angle=0.0, max_log_scale=0.0)
    warp = Warp(matrix, rng.uniform(8, 11, 3), (6, 5, 4)).on_voxels()
    sampled, ids = warp.sample(image, labels)
    np.testing.assert_allclose(sampled, image.ravel()[ids], rtol=1e-5, atol=1e-6)


def test_beyond_the_volume_the_image_is_reflected_and_nothing_is_known() -> None:
    image = np.arange(4, dtype=np.float32).reshape(4, 1, 1)
    warp = Warp(np.eye(3), np.array([0.0, 0.0, 0.0]), (5, 1, 1))
    sampled, ids = warp.sample(image, np.ones((4, 1, 1), np.int32))
    assert sampled.ravel().tolist() == [2, 1, 0, 1, 2]
    assert ids.ravel().tolist() == [-1, -1, 1, 1, 1]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_point_stays_on_its_own_spot_through_any_map(seed: int) -> None:
    point = np.random.default_rng(seed).uniform(17, 23, 3).astype(np.float32)
    grid = np.stack(np.meshgrid(*[np.arange(40.0)] * 3, indexing="ij"))
    # a bright spot round the point, wide enough to be sampled without bias
    spot = np.exp(-((grid - point[:, None, None, None]) ** 2).sum(axis=0) / 8)
    warp = _warp(seed, (26, 26, 26))
    sampled, _ = warp.sample(spot.astype(np.float32), np.ones(spot.shape, np.int32))
    here = np.stack(np.meshgrid(*[np.arange(26.0)] * 3, indexing="ij"))
    centroid = (here * sampled).sum(axis=(1, 2, 3)) / sampled.sum()
    np.testing.assert_allclose(warp.to_crop(point[None])[0], centroid, atol=0.1)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_drawn_matrix_keeps_angles_and_one_scale(seed: int) -> None:
    matrix = draw_matrix(np.random.default_rng(seed), np.pi / 4, 0.3)
    scale = np.cbrt(abs(np.linalg.det(matrix)))
    assert np.exp(-0.3) - 1e-9 <= scale <= np.exp(0.3) + 1e-9
    np.testing.assert_allclose(matrix @ matrix.T, scale**2 * np.eye(3), atol=1e-9)


@pytest.mark.parametrize(
    ("centre", "expected"),
    [
        pytest.param(10.0, 1.0, id="inside"),
        pytest.param(-20.0, 0.0, id="outside"),
    ],
)
def test_the_known_share_is_what_lies_in_the_volume(
    centre: float, expected: float
) -> None:
    warp = Warp(np.eye(3), np.full(3, centre), (5, 5, 5))
    assert warp.known_share((21, 21, 21)) == expected
