"""Crops cover an image once, and end."""

from __future__ import annotations

import inspect
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import TilingError
from skoots.lib.cropper import crops, get_total_num_crops

extents = st.tuples(*[st.integers(1, 12)] * 3)


@st.composite
def tilings(draw: st.DrawFn) -> tuple[tuple[int, ...], list[int], list[int]]:
    """An image, a crop and an overlap that leaves the crop something of its own."""
    crop = draw(extents)
    overlap = [draw(st.integers(0, (size - 1) // 2)) for size in crop]
    return draw(extents), list(crop), overlap


@given(tiling=tilings())
@settings(deadline=None, max_examples=100)
def test_crops_hold_the_image_at_their_origin_and_cover_it(
    tiling: tuple[tuple[int, ...], list[int], list[int]],
) -> None:
    shape, size, overlap = tiling
    image = torch.randn(2, *shape)
    seen = torch.zeros(shape)
    origins = []
    for crop, origin in crops(image, size, overlap):
        x, y, z = (slice(o, o + n) for o, n in zip(origin, crop.shape[2:], strict=True))
        assert list(crop.shape) == [1, 2, *map(min, size, shape)]
        assert (crop[0] == image[:, x, y, z]).all()
        seen[x, y, z] += 1
        origins.append(origin)
    assert (seen > 0).all()
    assert len(origins) == get_total_num_crops(image.shape, size, overlap)
    assert origins == sorted(map(list, set(map(tuple, origins))))


@given(tiling=tilings())
@settings(deadline=None, max_examples=50)
def test_interiors_cover_all_but_the_rim_of_the_volume(
    tiling: tuple[tuple[int, ...], list[int], list[int]],
) -> None:
    shape, size, overlap = tiling
    seen = torch.zeros(shape, dtype=torch.bool)
    for crop, origin in crops(torch.zeros(1, *shape), size, overlap):
        inner = [
            slice(o + v, o + n - v)
            for o, n, v in zip(origin, crop.shape[2:], overlap, strict=True)
        ]
        seen[tuple(inner)] = True
    rim = [slice(v, max(v, n - v)) for n, v in zip(shape, overlap, strict=True)]
    assert seen[tuple(rim)].all()


def test_defect_2_crops_end_where_a_side_is_below_twice_the_overlap() -> None:
    image = torch.zeros(1, 80, 120, 20)
    found = list(islice(crops(image, [300, 300, 20], [50, 50, 5]), 10))
    assert [origin for _, origin in found] == [[0, 0, 0]]


def test_defect_3_no_crop_comes_twice() -> None:
    image = torch.zeros(1, 300, 300, 20)
    assert len(list(crops(image, [300, 300, 20], [50, 50, 5]))) == 1


@pytest.mark.parametrize("kind", [list, tuple], ids=["list", "tuple"])
def test_defect_4_arguments_are_not_changed(kind: type) -> None:
    size, overlap = kind([30, 30, 20]), kind([5, 5, 5])
    list(crops(torch.zeros(1, 8, 40, 20), size, overlap))
    get_total_num_crops((1, 8, 40, 20), size, overlap)
    assert list(size) == [30, 30, 20]
    assert list(overlap) == [5, 5, 5]


@pytest.mark.parametrize(
    ("size", "overlap"),
    [((4, 4, 4), (2, 0, 0)), ((4, 4, 4), (0, 0, 3)), ((0, 4, 4), (0, 0, 0))],
    ids=["no-step", "negative-step", "no-size"],
)
def test_an_overlap_that_leaves_nothing_is_refused_before_the_first_crop(
    size: tuple[int, ...], overlap: tuple[int, ...]
) -> None:
    with pytest.raises(TilingError, match="below half the crop"):
        crops(torch.zeros(1, 9, 9, 9), size, overlap)
    with pytest.raises(TilingError, match="below half the crop"):
        get_total_num_crops((9, 9, 9), size, overlap)


def test_crops_are_a_generator_of_views() -> None:
    image = torch.zeros(1, 4, 4, 4)
    found = crops(image, (2, 2, 2))
    assert inspect.isgenerator(found)
    crop, _ = next(found)
    crop += 1
    assert image.sum() == 8


def test_an_image_needs_a_channel() -> None:
    with pytest.raises(TilingError, match="C, X, Y, Z"):
        crops(torch.zeros(4, 4, 4), (2, 2, 2))
    with pytest.raises(TilingError, match="three numbers"):
        crops(torch.zeros(1, 4, 4, 4), (2, 2))
