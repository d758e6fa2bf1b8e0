"""The turn between files and the network is its own inverse and keeps vectors true."""

from __future__ import annotations

import numpy as np
import pytest

from skoots.volume.axes import (
    triple_to_xyz,
    triple_to_zyx,
    vectors_to_xyz,
    vectors_to_zyx,
    xyz_to_zyx,
    zyx_to_xyz,
)


def test_x_is_the_row_y_the_column_and_z_the_page() -> None:
    pages = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    turned = zyx_to_xyz(pages)
    assert turned.shape == (3, 4, 2)
    assert turned[2, 3, 1] == pages[1, 2, 3]


def test_both_turns_cancel_and_leading_axes_stay() -> None:
    array = np.arange(5 * 2 * 3 * 4).reshape(5, 2, 3, 4)
    np.testing.assert_array_equal(xyz_to_zyx(zyx_to_xyz(array)), array)


def test_turning_copies_nothing() -> None:
    array = np.zeros((2, 3, 4))
    assert np.shares_memory(zyx_to_xyz(array), array)


def test_tensors_turn_like_arrays() -> None:
    torch = pytest.importorskip("torch")
    array = np.arange(3 * 2 * 3 * 4).reshape(3, 2, 3, 4)
    tensor = torch.from_numpy(array)
    np.testing.assert_array_equal(zyx_to_xyz(tensor).numpy(), zyx_to_xyz(array))
    np.testing.assert_array_equal(vectors_to_xyz(tensor).numpy(), vectors_to_xyz(array))


def test_a_vector_still_points_at_the_same_voxel_after_the_turn() -> None:
    origin, target = np.array([1, 2, 0]), np.array([3, 0, 4])  # X, Y, Z
    vectors = np.zeros((3, 4, 5, 6))
    vectors[:, *origin] = target - origin
    turned = vectors_to_zyx(vectors)
    origin_zyx = np.array(triple_to_zyx(tuple(origin)))
    landed = origin_zyx + turned[:, *origin_zyx]
    np.testing.assert_array_equal(landed, triple_to_zyx(tuple(target)))


def test_vector_turns_cancel() -> None:
    vectors = np.arange(3 * 2 * 3 * 4).reshape(3, 2, 3, 4)
    np.testing.assert_array_equal(vectors_to_xyz(vectors_to_zyx(vectors)), vectors)


def test_triples_turn_like_shapes() -> None:
    assert zyx_to_xyz(np.zeros((2, 3, 4))).shape == triple_to_xyz((2, 3, 4))
    assert triple_to_zyx(triple_to_xyz((2, 3, 4))) == (2, 3, 4)
