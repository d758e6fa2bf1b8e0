"""Volumes are read with their labels, and averaged to coarser voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from annotated import Annotated, coarser, read_volume, scaled

if TYPE_CHECKING:
    from pathlib import Path


def test_voxels_are_averaged_and_take_the_label_that_most_had() -> None:
    image = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    labels = np.zeros((4, 4, 4), np.uint16)
    labels[:, :, :2] = 5
    labels[0, 0, 0] = 9  # one voxel of eight
    fine = Annotated(image, labels, (0.03, 0.01, 0.02))
    coarse = coarser(fine, (2, 2, 2))
    assert coarse.image[0, 0, 0] == np.rint(image[:2, :2, :2].mean())
    assert coarse.labels.tolist() == [[[5, 0]] * 2] * 2
    assert coarse.voxel_size == (0.06, 0.02, 0.04)


@pytest.mark.parametrize(
    ("voxels", "expected"),
    [
        ([0, 0, 0, 5, 5, 9, 9, 9], 0),  # equally frequent: the lowest
        ([0, 0, 5, 5, 5, 9, 9, 0], 0),
        ([0, 0, 5, 5, 9, 9, 9, 1], 9),  # most, though fewer than half
        ([7, 7, 7, 7, 0, 0, 0, 0], 0),
        ([7, 7, 7, 7, 7, 0, 0, 0], 7),
    ],
)
def test_of_several_labels_the_most_frequent_is_taken(
    voxels: list[int], expected: int
) -> None:
    block = np.array(voxels, np.uint16).reshape(2, 2, 2)
    found = coarser(Annotated(block, block, None), (2, 2, 2))
    assert found.labels.tolist() == [[[expected]]]


def test_planes_that_fill_no_voxel_are_left_out() -> None:
    image = np.zeros((5, 7, 9), np.uint8)
    found = coarser(Annotated(image, image, None), (2, 3, 4))
    assert found.image.shape == found.labels.shape == (2, 2, 2)


def test_what_averaging_leaves_too_little_of_is_dropped() -> None:
    labels = np.zeros((8, 8, 8), np.uint16)
    labels[:4] = 3
    labels[7, 7, 7] = 4
    found = coarser(Annotated(labels, labels, None), (1, 1, 1), least=8)
    assert np.unique(found.labels).tolist() == [0, 3]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_image_keeps_its_type(dtype: type) -> None:
    image = np.arange(8, dtype=dtype).reshape(2, 2, 2)
    labels = np.ones((2, 2, 2), np.uint32)
    found = coarser(Annotated(image, labels, None), (2, 2, 2))
    assert found.image.dtype == dtype
    assert found.image.item() == (4 if dtype == np.uint8 else 3.5)  # rounded to even
    assert found.labels.dtype == np.uint32


def test_an_unknown_voxel_size_stays_unknown() -> None:
    assert scaled(None, (2, 2, 2)) is None
    assert scaled((0.03, 0.01, 0.01), (1, 2, 0.5)) == (0.03, 0.02, 0.005)


def test_files_are_read_as_they_are_or_in_part(tmp_path: Path) -> None:
    image = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)
    meta = {"axes": "ZYX", "spacing": 0.05, "unit": "um"}
    for end, array in ((".tif", image), (".labels.tif", image % 7)):
        tifffile.imwrite(
            tmp_path / f"a{end}",
            array,
            imagej=True,
            resolution=(100, 100),
            metadata=meta,
        )
    found = read_volume(tmp_path / "a.tif")
    assert found.image.dtype == np.uint16
    np.testing.assert_array_equal(found.image, image)
    assert found.voxel_size == pytest.approx((0.05, 0.01, 0.01))
    assert not found.isotropic
    part = read_volume(tmp_path / "a.tif", slice(2, 4))
    np.testing.assert_array_equal(part.labels, image[..., 2:4] % 7)
