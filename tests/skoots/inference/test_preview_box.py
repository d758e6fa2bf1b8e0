"""Where a preview lies."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoots.inference.preview_box import (
    box_around,
    choose_extent,
    keep_rim,
    places_on_image,
)
from skoots.volume.tiling import Span, box_shape, plan_tiles

if TYPE_CHECKING:
    from skoots._types import Shape3

sizes = st.tuples(*[st.integers(1, 90)] * 3)
points = st.tuples(*[st.floats(-50, 150)] * 3)


@given(points, sizes, sizes)
def test_a_box_holds_its_point_and_lies_on_the_grid(
    point: tuple[float, float, float], extent: Shape3, shape: Shape3
) -> None:
    for p, size, n, span in zip(
        point, extent, shape, box_around(point, extent, shape, 8), strict=True
    ):
        assert span.start % 8 == 0
        assert 0 <= span.start < span.stop <= n
        inside = min(max(p, 0), n - 1)
        assert span.start <= inside < span.stop
        assert span.size >= min(size, n) - 7  # shorter at the far face alone


@given(sizes, sizes)
def test_the_kept_parts_of_all_tiles_cover_the_box_and_its_halo_once(
    shape: Shape3, extent: Shape3
) -> None:
    core = box_around((30, 30, 30), extent, shape, 8)
    kept = [
        keep_rim(tile, core)
        for tile in plan_tiles(core, shape, (32, 32, 32), (8, 16, 8))
    ]
    region = [
        Span(max(0, s.start - halo), min(n, s.stop + halo))
        for s, halo, n in zip(core, (8, 16, 8), shape, strict=True)
    ]
    for axis, whole in enumerate(region):
        spans = sorted({(box[axis].start, box[axis].stop) for box in kept})
        assert spans[0][0] == whole.start
        assert spans[-1][1] == whole.stop
        assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_more_time_gives_a_larger_box_that_reads_no_more_than_that() -> None:
    shape, halo = (200, 900, 900), (16, 32, 32)
    found = [
        choose_extent(n, shape, halo, factor=8, published=False)
        for n in (1e6, 4e6, 1.6e7, 1e12)
    ]
    areas = [size[1] * size[2] for size in found]
    assert areas == sorted(areas)
    assert found[-1] == (96, 512, 512)
    depth, height, width = found[1]
    assert (depth + 32) * (height + 64) * (width + 64) <= 4e6


def test_a_published_model_gets_flat_boxes() -> None:
    size = choose_extent(1e9, (99, 99, 99), (8, 24, 24), factor=8, published=True)
    assert size == (16, 104, 104)


@pytest.mark.parametrize(
    ("grid", "image"), [(20, 40), (40, 20), (37, 37), (13, 100)], ids=str
)
def test_boxes_of_the_grid_share_the_image_without_gap(grid: int, image: int) -> None:
    seen: list[int] = []
    for start in range(0, grid, 8):
        span = Span(start, min(start + 8, grid))
        (places, *_), box = places_on_image((span,) * 3, (grid,) * 3, (image,) * 3)
        assert box_shape(box)[0] == len(places)
        assert all(span.start <= p < span.stop for p in places)
        seen.extend(range(box[0].start, box[0].stop))
    assert seen == list(range(image))
