"""Thinning keeps pieces, loops and ends, whatever the width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import euler_number

from skoots.kernels.thinning import thin


@pytest.mark.parametrize("width", range(1, 9), ids="width-{}".format)
@pytest.mark.parametrize("height", [4, 5], ids="height-{}".format)
def test_a_bar_of_any_width_keeps_its_length(width: int, height: int) -> None:
    points = np.argwhere(thin(np.ones((width, height, 40), bool)))
    assert np.ptp(points[:, 2]) >= 39 - max(width, height)
    off_axis = np.abs(points[:, :2] - [(width - 1) / 2, (height - 1) / 2])
    assert (np.median(off_axis, axis=0) <= 0.5).all()


def test_a_bar_of_even_width_on_a_ball_keeps_its_length() -> None:
    grid = np.indices((21, 21, 21)) - 10
    solid = np.zeros((21, 21, 60), bool)
    solid[:, :, :21] = (grid**2).sum(axis=0) < 90
    solid[8:12, 9:13, 10:58] = True
    assert np.argwhere(thin(solid))[:, 2].max() > 53


@given(seed=st.integers(0, 2**16), sigma=st.floats(0.5, 2))
@settings(deadline=None, max_examples=25)
def test_pieces_loops_and_holes_stay(seed: int, sigma: float) -> None:
    noise = np.random.default_rng(seed).random((12, 11, 10))
    smooth = ndimage.gaussian_filter(noise, sigma)
    solid = smooth > np.quantile(smooth, 0.6)
    curves = thin(solid)
    around = np.ones((3, 3, 3))
    assert not (curves & ~solid).any()
    assert euler_number(curves, 3) == euler_number(solid, 3)
    assert ndimage.label(curves, around)[1] == ndimage.label(solid, around)[1]
    assert ndimage.label(~np.pad(curves, 1))[1] == ndimage.label(~np.pad(solid, 1))[1]
    assert (thin(curves) == curves).all()


def test_one_slice_is_peeled_within_its_plane() -> None:
    curve = np.argwhere(thin(np.ones((31, 7, 1), bool)))
    assert (curve[:, 1] == 3).all()
    assert len(curve) > 22


def test_memory_order_does_not_matter() -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(3).random((15, 12, 9)), 1)
    solid = noise > noise.mean()
    assert (thin(solid) == thin(np.asfortranarray(solid))).all()


def test_nothing_stays_nothing() -> None:
    assert thin(np.zeros((3, 4, 5), bool)).sum() == 0
