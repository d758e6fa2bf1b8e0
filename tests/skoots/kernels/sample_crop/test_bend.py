"""Bends are smooth, bounded, and never fold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.kernels.sample_crop import Bend

SHAPE = (30, 24, 12)


def draw(seed: int, counts: tuple[int, int, int], most: float) -> Bend:
    points = np.random.default_rng(seed).uniform(-most, most, (3, *counts))
    return Bend(points, SHAPE)


def every_voxel(shape: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere(np.ones(shape, bool)).astype(float)


def test_alike_control_points_shift_everything_alike() -> None:
    bend = Bend(np.full((3, 6, 6, 2), 1.5), SHAPE)
    places = np.array([[0.0, 0, 0], [7.3, 11, 2], [29, 23, 11], [80, -9, 3]])
    np.testing.assert_allclose(bend.at(places), 1.5)


@pytest.mark.parametrize(
    "counts", [(6, 6, 2), (4, 5, 3), (1, 1, 1)], ids=["usual", "odd", "one point"]
)
def test_the_columns_hold_the_shift_of_each_voxel(
    counts: tuple[int, int, int],
) -> None:
    bend = draw(0, counts, 2)
    columns, curve = bend.columns()
    field = (columns @ curve).reshape(3, -1).T
    np.testing.assert_allclose(field, bend.at(every_voxel(SHAPE)), atol=1e-12)


def test_no_shift_is_larger_than_the_largest_control_point() -> None:
    bend = draw(3, (6, 6, 2), 2)
    assert (np.abs(bend.at(every_voxel(SHAPE))).max(axis=0) <= bend.reach).all()


@given(
    seed=st.integers(0, 2**16),
    counts=st.tuples(*[st.integers(1, 7)] * 3),
    most=st.floats(0.1, 40),
)
@settings(deadline=None, max_examples=40)
def test_a_bounded_bend_keeps_the_order_of_places(
    seed: int, counts: tuple[int, int, int], most: float
) -> None:
    bend = draw(seed, counts, most).bounded()
    rng = np.random.default_rng(seed)
    one = rng.uniform(0, 1, (400, 3)) * (np.array(SHAPE) - 1)
    two = one + rng.normal(size=one.shape) * rng.choice((0.01, 1, 5), (400, 1))
    two = np.clip(two, 0, np.array(SHAPE) - 1)
    # in shares of the crop, a step keeps at least a part of its longest side
    before = np.abs(one - two) / (np.array(SHAPE) - 1)
    after = np.abs(one + bend.at(one) - two - bend.at(two)) / (np.array(SHAPE) - 1)
    assert (after.max(axis=1) >= 0.2 * before.max(axis=1) - 1e-12).all()


def test_a_gentle_bend_stays_as_it_was_drawn() -> None:
    bend = draw(0, (6, 6, 2), 0.5)
    assert bend.bounded() is bend
