"""Skeletons of labelled objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import ShapeError
from skoots.kernels.thinning import thin
from skoots.train.generate_skeletons import calculate_skeletons, skeletonize_labels

if TYPE_CHECKING:
    from pathlib import Path


@st.composite
def label_volumes(draw: st.DrawFn) -> np.ndarray:
    """Random blobs: a coarse random volume, enlarged, so that objects have bulk."""
    shape = draw(st.tuples(*[st.integers(1, 4)] * 3))
    seed = draw(st.integers(0, 2**16))
    coarse = np.random.default_rng(seed).integers(0, 4, shape)
    return np.kron(coarse, np.ones((3, 3, 2), int)).astype(np.int32)


@given(labels=label_volumes())
@settings(deadline=None, max_examples=30)
def test_every_object_has_a_skeleton_and_every_point_lies_in_its_object(
    labels: np.ndarray,
) -> None:
    skeletons = skeletonize_labels(labels)
    assert list(skeletons) == [i for i in np.unique(labels).tolist() if i != 0]
    for key, points in skeletons.items():
        voxels = np.rint(points).astype(int)
        assert points.dtype == np.float32
        assert (labels[tuple(voxels.T)] == key).all()


@pytest.mark.parametrize("width", [3, 4, 7, 12, 15], ids="width-{}".format)
@pytest.mark.parametrize("length", [41, 60], ids="length-{}".format)
def test_the_skeleton_of_a_symmetric_bar_lies_on_its_axis(
    width: int, length: int
) -> None:
    labels = np.zeros((width + 10, width + 11, length + 10), np.uint16)
    labels[4 : 4 + width, 5 : 5 + width, 5 : 5 + length] = 3
    points = skeletonize_labels(labels)[3]
    np.testing.assert_allclose(points[:, 0], 4 + (width - 1) / 2, atol=1e-5)
    np.testing.assert_allclose(points[:, 1], 5 + (width - 1) / 2, atol=1e-5)
    middle = (points[:, 2].min() + points[:, 2].max()) / 2
    assert middle == pytest.approx(5 + (length - 1) / 2, abs=1e-4)


def test_a_cut_object_keeps_its_axis_up_to_the_face() -> None:
    labels = np.zeros((30, 30, 40), np.uint8)
    labels[10:19, 10:19, :] = 1
    z = skeletonize_labels(labels)[1][:, 2]
    assert z.min() < 3
    assert z.max() > 36


def test_the_axis_of_a_long_object_cut_thin_stays_long() -> None:
    labels = np.zeros((100, 40, 30), np.uint8)
    labels[5:95, 5:35, :3] = 1
    points = skeletonize_labels(labels)[1]
    assert np.ptp(points[:, 0]) > 50


def test_a_blur_does_not_tear_an_object_at_its_neck() -> None:
    labels = np.zeros((20, 20, 60), np.uint8)
    labels[4:16, 4:16, 4:24] = 1
    labels[4:16, 4:16, 36:56] = 1
    labels[9:11, 9:11, 24:36] = 1
    z = np.sort(skeletonize_labels(labels)[1][:, 2])
    assert np.diff(z).max() < 4


def test_one_slice_is_thinned_in_its_plane() -> None:
    labels = np.zeros((50, 20, 1), np.int64)
    labels[5:46, 6:15, 0] = 9
    points = skeletonize_labels(labels)[9]
    assert (points[:, 2] == 0).all()
    assert np.ptp(points[:, 0]) > 18
    np.testing.assert_allclose(points[:, 1], 10, atol=2)


def test_coarse_planes_are_weighed_by_the_spacing() -> None:
    labels = np.zeros((30, 30, 20), np.int32)
    labels[10:21, 10:21, 2:18] = 1
    points = skeletonize_labels(labels, spacing=(1.0, 1.0, 5.0))[1]
    assert np.ptp(points[:, 2]) > 8
    np.testing.assert_allclose(points[:, :2], 15, atol=1e-4)


def test_a_blur_removes_the_branches_of_a_rough_outline() -> None:
    rng = np.random.default_rng(0)
    labels = np.zeros((24, 24, 80), np.uint8)
    labels[6:18, 6:18, 5:75] = 1
    bumps = rng.random((14, 14, 72)) < 0.1
    labels[5:19, 5:19, 4:76][bumps] = 1
    raw = len(calculate_skeletons(torch.from_numpy(labels), torch.ones(3))[1])
    assert len(skeletonize_labels(labels)[1]) < raw / 2


@pytest.mark.parametrize("key", [2**24 + 1, 2**40 + 1, 2**62 + 3], ids=str)
def test_large_ids_keep_every_digit(key: int) -> None:
    labels = np.zeros((4, 4, 4), np.int64)
    labels[1:3, 1:3, 1:3] = key
    assert list(skeletonize_labels(labels)) == [key]
    assert list(calculate_skeletons(torch.from_numpy(labels), torch.ones(3))) == [key]


@pytest.mark.parametrize(
    "labels", [np.zeros((3, 3), int), np.zeros((3, 3, 3))], ids=["plane", "float"]
)
def test_what_is_no_label_volume_is_refused(labels: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="integers"):
        skeletonize_labels(labels)


def test_an_empty_volume_has_no_skeletons() -> None:
    assert skeletonize_labels(np.zeros((3, 4, 5), int)) == {}
    assert calculate_skeletons(torch.zeros(3, 4, 5, dtype=torch.int32), [1, 1, 1]) == {}


def test_defect_28_the_last_plane_of_an_object_counts() -> None:
    mask = torch.zeros(12, 12, 12, dtype=torch.int32)
    mask[5:8, 5:8, 5:8] = 1
    points = calculate_skeletons(mask, torch.ones(3))[1]
    assert points.mean(dim=0).tolist() == [6.0, 6.0, 6.0]


def test_defect_29_a_scale_that_sums_to_three_is_a_scale() -> None:
    mask = torch.zeros(40, 20, 20, dtype=torch.int32)
    mask[10:30, 8:13, 8:13] = 1
    points = calculate_skeletons(mask, torch.tensor([0.5, 0.5, 2.0]))[1]
    assert points[:, 0].min() >= 10
    assert points[:, 0].max() <= 29


def test_defect_30_an_object_that_vanishes_at_the_scale_is_kept() -> None:
    mask = torch.zeros(20, 20, 20, dtype=torch.int32)
    mask[3, 3, 3] = 5
    mask[8:16, 8:16, 8:16] = 6
    skeletons = calculate_skeletons(mask, torch.tensor([0.1, 0.1, 0.1]))
    assert skeletons[5].tolist() == [[3.0, 3.0, 3.0]]
    assert len(skeletons[6]) >= 1


def test_at_scale_one_an_object_is_thinned_voxel_by_voxel() -> None:
    mask = torch.zeros(1, 30, 14, 12, dtype=torch.int32)
    mask[0, 3:27, 3:10, 3:8] = 1
    mask[0, 20:27, 3:10, 3:11] = 1
    points = calculate_skeletons(mask, torch.ones(3))[1]
    assert points.dtype == torch.float32
    np.testing.assert_array_equal(points, np.argwhere(thin(mask[0].numpy() == 1)))


@pytest.mark.parametrize("scale", [[1.0, 0.0, 1.0], [1.0, 1.0]], ids=["zero", "two"])
def test_a_scale_that_is_none_is_refused(scale: list[float]) -> None:
    with pytest.raises(ShapeError, match="three numbers above 0"):
        calculate_skeletons(torch.zeros(3, 3, 3, dtype=torch.int32), scale)


def test_real_mitochondria_have_few_end_points(shared_dir: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    path = shared_dir / "data" / "mito_em" / "val" / "epfl_val.labels.tif"
    labels = tifffile.imread(path).transpose(1, 2, 0)
    skeletons = skeletonize_labels(labels)
    assert len(skeletons) == 12
    assert sum(map(len, skeletons.values())) < 300
