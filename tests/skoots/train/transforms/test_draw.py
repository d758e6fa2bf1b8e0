"""Where crops come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transform_cases import settings_for

from skoots.kernels.sample_crop import CropMap
from skoots.train.transforms.draw import draw_centre, draw_map, draw_shape, place

ALL = {
    "FLIP_RATE": 0.5,
    "AFFINE_RATE": 0.5,
    "ELASTIC_RATE": 0.5,
}
EXTRA = {"PERMUTE_RATE": 0.5, "ROTATION_RATE": 0.5}


@given(
    seed=st.integers(0, 2**16),
    extent=st.tuples(*[st.integers(1, 90)] * 3),
    pad=st.integers(0, 12),
)
@settings(deadline=None, max_examples=80)
def test_a_crop_reaches_over_the_border_no_further_than_it_may(
    seed: int, extent: tuple[int, int, int], pad: int
) -> None:
    cfg = settings_for((20, 16, 10), extra=EXTRA, **ALL)
    rng = np.random.default_rng(seed)
    crop = draw_map(rng, cfg, (20, 16, 10))
    centre = rng.uniform(-5, np.array(extent) + 5)
    low, high = place(crop, centre, extent, pad).bounds()
    last = np.array(extent) - 1
    fits = high - low <= last + 1e-9
    assert (low[fits] >= -pad - 1e-9).all()
    assert (high[fits] <= (last + pad)[fits] + 1e-9).all()
    # a volume that is too small is shown whole, in the middle
    assert (low[~fits] <= pad + 1e-9).all()


@given(seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=40)
def test_a_crop_that_is_only_turned_and_flipped_lies_on_voxels(seed: int) -> None:
    cfg = settings_for((20, 17, 10), extra={"PERMUTE_RATE": 1.0}, FLIP_RATE=0.5)
    rng = np.random.default_rng(seed)
    crop = draw_map(rng, cfg, draw_shape(rng, cfg))
    assert place(crop, rng.uniform(0, 60, 3), (60, 61, 62), 5).is_copy


def test_turns_in_the_plane_leave_planes_as_they_are() -> None:
    cfg = settings_for(AFFINE_RATE=1.0, FLIP_RATE=0.5)
    rng = np.random.default_rng(0)
    for _ in range(20):
        crop = draw_map(rng, cfg, (20, 17, 10))
        assert place(crop, rng.uniform(0, 60, 3), (60, 61, 62), 5).keeps_planes


def test_a_crop_as_large_as_the_volume_shows_it_whole() -> None:
    crop = CropMap(np.eye(3), np.zeros(3), (30, 20, 10))
    placed = place(crop, np.array([3.0, 18, 9]), (30, 20, 10), 0)
    np.testing.assert_array_equal(placed.start, 0)


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


def test_other_crops_come_as_often_as_told() -> None:
    crops = [(8, 8, 1, 0.3), (4, 4, 4, 0.2)]
    cfg = settings_for((9, 9, 9), extra={"CROPS": crops})
    rng = np.random.default_rng(0)
    drawn = [draw_shape(rng, cfg) for _ in range(4000)]
    for shape, rate in (((8, 8, 1), 0.3), ((4, 4, 4), 0.2), ((9, 9, 9), 0.5)):
        assert drawn.count(shape) / 4000 == pytest.approx(rate, abs=0.03)


def test_centres_lie_on_objects_as_often_as_told() -> None:
    skeletons = {3: torch.tensor([[5.0, 5, 5]]), 9: torch.tensor([[40.0, 8, 2]])}
    cfg = settings_for(trainer={"OBJECT_RATE": 0.6})
    rng = np.random.default_rng(0)
    drawn = np.array(
        [draw_centre(rng, cfg, skeletons, (99, 99, 9)) for _ in range(3000)]
    )
    for points in skeletons.values():
        share = (drawn == points.numpy()).all(axis=1).mean()
        assert share == pytest.approx(0.3, abs=0.03)


def test_jitter_misses_an_object_by_no_more_than_told() -> None:
    cfg = settings_for(trainer={"CENTRE_JITTER": 4.0})
    rng = np.random.default_rng(0)
    at = {1: torch.full((1, 3), 20.0)}
    gaps = np.array([draw_centre(rng, cfg, at, (50, 50, 50)) for _ in range(300)]) - 20
    assert 3.5 < np.abs(gaps).max() <= 4


@pytest.mark.parametrize(
    "skeletons", [{}, {-1: torch.zeros(0, 3)}], ids=["none", "published way"]
)
def test_without_objects_centres_lie_anywhere(
    skeletons: dict[int, torch.Tensor],
) -> None:
    rng = np.random.default_rng(0)
    drawn = [
        draw_centre(rng, settings_for(), skeletons, (50, 9, 9)) for _ in range(200)
    ]
    assert np.ptp([d[0] for d in drawn]) > 40
