"""Skeleton points that come to lie beside their object."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skoots.kernels.sample_crop import CropMap
from skoots.train.transforms.points import carry_points, objects_in

SHAPE = (9, 9, 3)
AS_IT_IS = CropMap(np.eye(3), np.zeros(3), SHAPE)


def labels_with(*boxes: tuple[int, slice, slice]) -> np.ndarray:
    labels = np.zeros(SHAPE, np.int32)
    for name, x, y in boxes:
        labels[x, y] = name
    return labels


def test_objects_are_listed_without_background() -> None:
    labels = labels_with((4, slice(0, 2), slice(3)), (2, slice(5, 7), slice(3)))
    labels[8, 8] = -1
    assert objects_in(labels) == [2, 4]


def test_points_on_their_object_stay_to_the_last_bit() -> None:
    labels = labels_with((4, slice(2, 6), slice(2, 6)))
    points = torch.tensor([[2.3, 4.1, 1], [5.4, 5.49, 0.2]])
    carried = carry_points({4: points}, [4], AS_IT_IS, labels)
    np.testing.assert_array_equal(carried[4], points.numpy())


def test_a_point_beside_its_object_moves_onto_it_and_no_further() -> None:
    labels = labels_with((4, slice(2, 6), slice(2, 6)))
    carried = carry_points({4: torch.tensor([[6.2, 3.3, 1]])}, [4], AS_IT_IS, labels)
    np.testing.assert_allclose(carried[4], [[5.499, 3.3, 1]], atol=1e-6)


def test_a_point_far_from_its_object_is_left_out_if_others_stay() -> None:
    labels = labels_with((4, slice(0, 2), slice(0, 2)))
    points = torch.tensor([[8.0, 8, 1], [1, 1, 1]])
    carried = carry_points({4: points}, [4], AS_IT_IS, labels)
    np.testing.assert_array_equal(carried[4], [[1, 1, 1]])


def test_the_last_point_goes_to_the_closest_voxel_of_its_object() -> None:
    labels = labels_with((4, slice(0, 2), slice(0, 2)))
    carried = carry_points({4: torch.tensor([[8.0, 8, 1]])}, [4], AS_IT_IS, labels)
    np.testing.assert_array_equal(carried[4], [[1, 1, 1]])


def test_points_outside_the_crop_stay_where_they_are() -> None:
    labels = labels_with((4, slice(0, 2), slice(0, 2)))
    points = torch.tensor([[-7.0, 1, 1], [1, 1, 30]])
    carried = carry_points({4: points}, [4], AS_IT_IS, labels)
    np.testing.assert_array_equal(carried[4], points)


@pytest.mark.parametrize(
    "skeletons", [{}, {4: torch.zeros(0, 3)}], ids=["missing", "empty"]
)
def test_objects_without_a_skeleton_are_left_out(
    skeletons: dict[int, torch.Tensor],
) -> None:
    labels = labels_with((4, slice(0, 2), slice(0, 2)))
    assert carry_points(skeletons, [4], AS_IT_IS, labels) == {}
