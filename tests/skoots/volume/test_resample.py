"""Another grid: the same for every box, true to constants, ramps and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import SourceError
from skoots.volume import resample
from skoots.volume.resample import ResampledSource, nearest_indices
from skoots.volume.source import Source, describe, open_source
from skoots.volume.tiling import Box, Span, box_slices, whole

if TYPE_CHECKING:
    from skoots._types import Shape3

shapes = st.tuples(*[st.integers(1, 12)] * 3)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Shape3, Shape3, Box]:
    old, new = draw(shapes), draw(shapes)
    spans = []
    for length in new:
        start = draw(st.integers(0, length - 1))
        spans.append(Span(start, draw(st.integers(start + 1, length))))
    return old, new, (spans[0], spans[1], spans[2])


def random(shape: Shape3) -> Source:
    return open_source(np.random.default_rng(0).random(shape, np.float32))


@settings(deadline=None)
@given(case=cases())
def test_a_box_is_a_crop_of_the_whole(case: tuple[Shape3, Shape3, Box]) -> None:
    old, new, box = case
    source = ResampledSource(random(old), new)
    expected = source.read(whole(new))
    assert expected.shape == new
    np.testing.assert_array_equal(source.read(box), expected[box_slices(box)])


@settings(deadline=None)
@given(case=cases())
def test_a_constant_stays_a_constant(case: tuple[Shape3, Shape3, Box]) -> None:
    old, new, box = case
    source = ResampledSource(open_source(np.full(old, 7, np.uint8)), new)
    np.testing.assert_allclose(source.read(box), 7, rtol=1e-6)


def test_a_box_read_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ResampledSource(random((40, 30, 20)), (7, 45, 9))
    expected = source.read(whole(source.shape))
    monkeypatch.setattr(resample, "_READ_VOXELS", 300)
    np.testing.assert_array_equal(source.read(whole(source.shape)), expected)


def test_equal_shapes_change_nothing() -> None:
    source = random((4, 5, 6))
    same = ResampledSource(source, source.shape)
    box = whole(source.shape)
    np.testing.assert_array_equal(same.read(box), source.read(box))


@pytest.mark.parametrize(
    ("row", "length", "expected"),
    [
        ([0, 4], 4, [0, 1, 3, 4]),
        ([0, 0, 8, 8], 2, [8 / 7, 48 / 7]),
        ([2, 4, 6], 1, [4]),
    ],
    ids=["twice-as-many", "half-as-many", "one"],
)
def test_small_rows_are_written_out(
    row: list[float], length: int, expected: list[float]
) -> None:
    for axis in range(3):
        array = np.moveaxis(np.array([[row]], np.float32), 2, axis)
        shape = tuple(length if k == axis else 1 for k in range(3))
        source = ResampledSource(open_source(np.ascontiguousarray(array)), shape)
        found = source.read(whole(shape)).ravel()
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("length", [13, 40, 77])
def test_a_ramp_stays_a_ramp_away_from_the_faces(length: int) -> None:
    ramp = np.broadcast_to(np.arange(40, dtype=np.float32), (1, 1, 40))
    source = ResampledSource(open_source(ramp), (1, 1, length))
    centres = (np.arange(length) + 0.5) * 40 / length - 0.5
    inner = slice(length // 8, -length // 8)
    found = source.read(whole(source.shape))[0, 0]
    np.testing.assert_allclose(found[inner], centres[inner], atol=0.02)


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.tile(np.float32([0, 1]), 64).reshape(1, 1, 128)
    source = ResampledSource(open_source(stripes), (1, 1, 16))
    np.testing.assert_allclose(source.read(whole(source.shape)), 0.5, atol=0.03)


def test_the_voxel_size_grows_as_the_shape_shrinks() -> None:
    source = open_source(np.zeros((4, 6, 8), np.uint8), voxel_size=(0.1, 0.2, 0.4))
    smaller = ResampledSource(source, (8, 6, 2))
    assert smaller.voxel_size == pytest.approx((0.05, 0.2, 1.6))
    assert describe(smaller) == "ZYX 8 x 6 x 2, float32, voxel 0.05 x 0.2 x 1.6 um"
    assert isinstance(smaller, Source)
    assert smaller.signature() != source.signature()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_does_not_spread(value: float) -> None:
    array = np.full((6, 6, 6), 3, np.float32)
    array[2, 2, 2] = value
    source = ResampledSource(open_source(array), (9, 4, 6))
    np.testing.assert_allclose(source.read(whole(source.shape)), 3, rtol=1e-5)


def test_what_is_not_finite_may_count_as_a_number() -> None:
    array = np.full((2, 2, 2), np.nan, np.float32)
    source = ResampledSource(open_source(array), (3, 3, 3), replace_non_finite=5)
    np.testing.assert_allclose(source.read(whole(source.shape)), 5, rtol=1e-6)


def test_where_nothing_finite_is_near_the_voxel_is_unknown() -> None:
    array = np.full((1, 1, 20), np.nan, np.float32)
    array[..., 0] = 1
    found = ResampledSource(open_source(array), (1, 1, 10)).read(whole((1, 1, 10)))
    assert found[0, 0, 0] == 1
    assert np.isnan(found[0, 0, 5:]).all()


def test_a_grid_without_voxels_is_refused() -> None:
    with pytest.raises(SourceError, match="cannot be resampled"):
        ResampledSource(random((2, 2, 2)), (2, 0, 2))


@given(n_out=st.integers(1, 300), n_in=st.integers(1, 300))
def test_nearest_voxels_hold_the_centre(n_out: int, n_in: int) -> None:
    found = nearest_indices(n_out, n_in)
    assert found.shape == (n_out,)
    assert found.dtype == np.int64
    centres = (np.arange(n_out) + 0.5) * n_in / n_out
    assert (np.abs(found + 0.5 - centres) <= 0.5 + 1e-9).all()
    assert 0 <= found[0] <= found[-1] < n_in


def test_labels_come_back_from_a_finer_grid_as_they_were() -> None:
    labels = np.arange(7)
    assert (labels[nearest_indices(21, 7)][nearest_indices(7, 21)] == labels).all()
