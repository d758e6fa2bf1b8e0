"""Places go from crop to volume, and points back, through one map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.kernels.sample_crop import Bend, CropMap

SHAPE = (20, 16, 10)


def draw(seed: int, *, bent: bool) -> CropMap:
    rng = np.random.default_rng(seed)
    matrix = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.6, 1.6)
    bend = Bend(rng.uniform(-3, 3, (3, 5, 5, 3)), SHAPE).bounded() if bent else None
    return CropMap(matrix, rng.uniform(-20, 20, 3), SHAPE, bend)


@given(seed=st.integers(0, 2**16), bent=st.booleans())
@settings(deadline=None, max_examples=40)
def test_a_place_comes_back_where_it_was(seed: int, bent: bool) -> None:
    crop = draw(seed, bent=bent)
    places = np.random.default_rng(seed).uniform(-30, 50, (200, 3))
    back = crop.to_crop(crop.to_volume(places))
    np.testing.assert_allclose(back, places, atol=4e-3)


def test_a_flip_moves_points_exactly() -> None:
    crop = CropMap(np.diag([-1.0, 1, -1]), np.array([119.0, 7, 30]), SHAPE)
    points = np.array([[119, 7, 30], [100.25, 12, 21], [0, 0, 0]], np.float32)
    expected = [[0, 0, 0], [18.75, 5, 9], [119, -7, 30]]
    np.testing.assert_array_equal(crop.to_crop(points), expected)


@given(seed=st.integers(0, 2**16), bent=st.booleans())
@settings(deadline=None, max_examples=40)
def test_no_voxel_lies_beyond_the_bounds(seed: int, bent: bool) -> None:
    crop = draw(seed, bent=bent)
    places = crop.to_volume(np.argwhere(np.ones(SHAPE)).astype(float))
    low, high = crop.bounds()
    assert (places.min(axis=0) >= low - 1e-9).all()
    assert (places.max(axis=0) <= high + 1e-9).all()


@pytest.mark.parametrize(
    ("start", "stop", "box"),
    [
        (2, 5, (2, 6)),
        (-3, 2, (0, 4)),
        (7, 11, (7, 10)),
        (8, 14, (4, 10)),
        (-30, -25, (0, 10)),
        (12, 15, (3, 10)),
    ],
    ids=["inside", "below", "at the end", "beyond", "far away", "outside"],
)
def test_the_box_holds_the_voxels_that_stand_for_those_beyond(
    start: int, stop: int, box: tuple[int, int]
) -> None:
    # voxels start to stop - 1, and the one after them that a mean might ask for
    crop = CropMap(np.eye(3), np.array([start, 0.0, 0]), (stop - start, 1, 1))
    assert crop.box((10, 4, 4))[0] == slice(*box)


@pytest.mark.parametrize(
    ("matrix", "start", "copy", "planes"),
    [
        (np.eye(3), (1.0, 2, 3), True, True),
        (np.eye(3)[[2, 0, 1]], (1.0, 2, 3), True, False),
        (np.eye(3), (1.5, 2, 3), False, True),
        (np.eye(3), (1.0, 2, 3.5), False, False),
        (np.diag([2.0, 1, -1]), (1.0, 2, 3), False, True),
        (np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]]), (1.0, 2, 3), False, True),
    ],
    ids=["plain", "turned", "between", "between planes", "larger", "sheared"],
)
def test_a_map_knows_what_it_leaves_alone(
    matrix: np.ndarray, start: tuple[float, ...], copy: bool, planes: bool
) -> None:
    crop = CropMap(matrix, np.array(start), SHAPE)
    assert (crop.is_copy, crop.keeps_planes) == (copy, planes)
