"""Sampling: by hand, against an independent sampler, and twin against definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skoots.errors import ShapeError
from skoots.kernels.sample_crop import Bend, CropMap, sample_labels, sample_linear

EXTENT = (11, 9, 7)
KINDS = ["copy", "planes", "any", "bent"]


def draw(seed: int, kind: str) -> CropMap:
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 10, 3))
    start = rng.integers(-9, 12, 3).astype(float)
    if kind == "copy":
        return CropMap(
            np.eye(3)[rng.permutation(3)] * rng.choice((-1, 1), 3), start, shape
        )
    matrix = rng.uniform(-1.3, 1.3, (3, 3))
    if kind == "planes":
        matrix[2, :2] = matrix[:2, 2] = 0
        matrix[2, 2] = rng.choice((-1, 1))
        start[:2] += rng.uniform(size=2)
        return CropMap(matrix, start, shape)
    bend = Bend(rng.uniform(-2, 2, (3, 4, 3, 2)), shape) if kind == "bent" else None
    return CropMap(matrix, start + rng.uniform(size=3), shape, bend)


def volume(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (2, *EXTENT)).astype(np.uint8)
    labels = rng.integers(0, 5, (1, *EXTENT)).astype(np.int32)
    return torch.from_numpy(image), torch.from_numpy(labels)


def every_place(crop: CropMap) -> np.ndarray:
    voxels = np.argwhere(np.ones(crop.shape)).astype(float)
    return crop.to_volume(voxels).T.reshape(3, *crop.shape)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=25)
def test_the_image_is_what_an_independent_sampler_finds(kind: str, seed: int) -> None:
    crop, (image, _) = draw(seed, kind), volume(seed)
    found = sample_linear(image, crop)
    places = every_place(crop)
    for channel, made in zip(image.numpy(), found.numpy(), strict=True):
        expected = ndimage.map_coordinates(
            channel.astype(float), places, order=1, mode="mirror"
        )
        np.testing.assert_allclose(made, expected, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=25)
def test_labels_are_those_of_the_closest_voxel(kind: str, seed: int) -> None:
    crop, (_, labels) = draw(seed, kind), volume(seed)
    found = sample_labels(labels, crop).numpy()
    places = every_place(crop)
    voxels = np.rint(places).astype(int)
    sure = (np.abs(places - voxels) < 0.5 - 1e-6).all(axis=0)  # no ties
    inside = np.ones(crop.shape, bool)
    for axis, n in enumerate(EXTENT):
        inside &= (voxels[axis] >= 0) & (voxels[axis] < n)
    x, y, z = np.where(inside, voxels, 0)
    expected = np.where(inside, labels[0].numpy()[x, y, z], -1)
    np.testing.assert_array_equal(found[sure], expected[sure])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_twin_equals_the_definition(
    kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    crop, (image, labels) = draw(seed, kind), volume(seed)
    for values in (image, image.float(), image.to(torch.int32)):
        fast = sample_linear(values, crop)
        with monkeypatch.context() as patch:
            patch.setenv("SKOOTS_KERNELS", "reference")
            slow = sample_linear(values, crop)
        torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-3)
    for ids in (labels, labels.long(), labels > 2):
        fast = sample_labels(ids, crop, outside=0)
        with monkeypatch.context() as patch:
            patch.setenv("SKOOTS_KERNELS", "reference")
            assert torch.equal(sample_labels(ids, crop, outside=0), fast)


def test_a_copy_changes_no_value() -> None:
    image = torch.rand((1, 6, 5, 4), generator=torch.Generator().manual_seed(0))
    crop = CropMap(np.eye(3)[[1, 2, 0]], np.zeros(3), (4, 6, 5))
    assert torch.equal(sample_linear(image, crop)[0], image[0].permute(2, 0, 1))


def test_large_ids_stay_what_they_are() -> None:
    labels = torch.full((1, 3, 3, 3), 2**40)
    turned = CropMap(np.eye(3) * 0.9, np.full(3, 0.1), (2, 2, 2))
    assert (sample_labels(labels, turned) == 2**40).all()


def test_only_the_box_of_the_crop_is_read() -> None:
    asked = []

    class Recorder:
        shape = (1, 100, 100, 100)
        dtype = torch.uint8

        def __getitem__(self, key: tuple[slice, ...]) -> torch.Tensor:
            asked.append([(s.start, s.stop) for s in key[1:]])
            return torch.zeros((1, *(s.stop - s.start for s in key[1:])))

    crop = CropMap(np.eye(3), np.array([40.5, -2, 95]), (4, 5, 9))
    sample_linear(Recorder(), crop)
    assert asked == [[(40, 45), (0, 4), (94, 100)]]


@pytest.mark.parametrize("shape", [(4, 4, 4), (1, 0, 4, 4)], ids=["axes", "empty"])
def test_what_is_no_volume_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="Give \\(C, X, Y, Z\\)"):
        sample_linear(torch.zeros(shape), CropMap(np.eye(3), np.zeros(3), (2, 2, 2)))
