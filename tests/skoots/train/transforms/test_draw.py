"""Where crops come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transform_cases import settings_for

from skoots.kernels.sample_crop import CropMap
from skoots.train.transforms.draw import (
    draw_centre,
    draw_crop,
    draw_shape,
    known_share,
    place,
)
from skoots.train.transforms.random_map import draw_map

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


def test_a_volume_hardly_larger_than_a_crop_is_not_shrunk() -> None:
    extra = {
        "ROTATION_RATE": 1.0,
        "ROTATION_RANGE": (0, 0),
        "ROTATION_SCALE": (0.25, 1),
    }
    cfg = settings_for((20, 20, 20), extra=extra)
    small, large = (torch.zeros((1, n, n, n)) for n in (24, 200))
    rng = np.random.default_rng(0)
    shares = [
        np.mean(
            [
                known_share(draw_crop(rng, cfg, {"image": v}, 0), v.shape[1:])
                for _ in range(40)
            ]
        )
        for v in (small, large)
    ]
    assert shares[1] > 0.95
    assert shares[0] > 0.6  # 0.3 of what the first map shows


def test_the_known_share_is_that_of_the_voxels_in_the_volume() -> None:
    crop = CropMap(np.eye(3), np.array([-7.0, 0, 0]), (14, 7, 7))
    assert known_share(crop, (30, 30, 30)) == pytest.approx(0.5, abs=0.1)


def test_places_of_sparse_volumes_are_known() -> None:
    background = torch.zeros((1, 60, 60, 20), dtype=torch.bool)
    background[:, :30] = True
    volume = {
        "image": background,
        "masks": torch.zeros_like(background, dtype=torch.int32),
        "background": background,
    }
    rng = np.random.default_rng(0)
    crops = [draw_crop(rng, settings_for((5, 5, 5)), volume, 0) for _ in range(60)]
    middles = np.array([c.to_volume(np.full((1, 3), 2.0))[0, 0] for c in crops])
    assert (middles < 30).mean() > 0.95
