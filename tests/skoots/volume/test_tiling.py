"""Blocks and cores cover a volume once; reads stay on the grid and are padded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import TilingError
from skoots.volume.tiling import (
    Block,
    Span,
    Tile,
    box_shape,
    box_slices,
    chunk_shape,
    largest_divisor,
    pad_tile,
    plan_blocks,
    plan_tiles,
    whole,
)

if TYPE_CHECKING:
    from skoots._types import Shape3

FACTOR = 4
Axis = tuple[int, int, int, int]
Plan = tuple[Axis, Axis, Axis]
axis = st.tuples(
    st.integers(1, 14),
    st.integers(1, 3).map(lambda n: n * FACTOR),
    st.integers(1, 3).map(lambda n: n * FACTOR),
    st.integers(0, 2).map(lambda n: n * FACTOR),
)
plans = st.tuples(axis, axis, axis)


def tiles_of(plan: Plan) -> tuple[Shape3, Shape3, list[tuple[Block, Tile]]]:
    shape, block, core, halo = zip(*plan, strict=True)
    pairs = [
        (b, t)
        for b in plan_blocks(shape, block)
        for t in plan_tiles(b.core, shape, core, halo, FACTOR)
    ]
    return shape, halo, pairs


@settings(deadline=None)
@given(plan=plans)
def test_the_cores_of_all_blocks_cover_every_voxel_once(plan: Plan) -> None:
    shape, _, pairs = tiles_of(plan)
    kept = np.zeros(shape, dtype=int)
    for block, tile in pairs:
        kept[box_slices(tile.core)] += 1
        for inner, outer in zip(tile.core, block.core, strict=True):
            assert outer.start <= inner.start < inner.stop <= outer.stop
    assert (kept == 1).all()


@settings(deadline=None)
@given(plan=plans)
def test_reads_lie_on_the_grid_and_hold_the_halo(plan: Plan) -> None:
    shape, halo, pairs = tiles_of(plan)
    for _, t in pairs:
        for length, margin, read, pad, kept in zip(
            shape, halo, t.read, t.pad, t.core, strict=True
        ):
            assert read.start % FACTOR == 0
            assert (read.size + pad) % FACTOR == 0
            assert read.start == max(0, kept.start - margin)
            assert read.stop == min(length, kept.stop + margin)


@settings(deadline=None)
@given(plan=plans)
def test_the_kept_part_of_what_was_read_is_the_core(plan: Plan) -> None:
    shape, _, pairs = tiles_of(plan)
    volume = np.arange(np.prod(shape)).reshape(shape)
    for _, tile in pairs:
        padded = pad_tile(volume[box_slices(tile.read)], tile.pad)
        kept = padded[box_slices(tile.kept)]
        np.testing.assert_array_equal(kept, volume[box_slices(tile.core)])


def test_blocks_are_listed_in_the_order_z_y_x_with_their_index() -> None:
    blocks = plan_blocks((4, 6, 2), (4, 4, 2))
    assert blocks == [
        Block((0, 0, 0), (Span(0, 4), Span(0, 4), Span(0, 2))),
        Block((0, 1, 0), (Span(0, 4), Span(4, 6), Span(0, 2))),
    ]


@pytest.mark.parametrize("axis", range(3), ids="ZYX")
@pytest.mark.parametrize("name", ["core", "halo"])
def test_a_size_off_the_grid_is_refused(name: str, axis: int) -> None:
    sizes = {"core": [8, 8, 8], "halo": [8, 8, 8]}
    sizes[name][axis] = 6
    core, halo = (tuple(sizes[key]) for key in ("core", "halo"))
    with pytest.raises(TilingError, match=f"{name} of 6 voxels along {'ZYX'[axis]}"):
        list(plan_tiles(whole((9, 9, 9)), (9, 9, 9), core, halo))


def test_a_block_that_starts_off_the_grid_is_refused() -> None:
    block = (Span(0, 8), Span(4, 8), Span(0, 8))
    with pytest.raises(TilingError, match="block start of 4 voxels along Y"):
        list(plan_tiles(block, (8, 8, 8), (8, 8, 8), (0, 0, 0)))


def test_a_block_without_extent_is_refused() -> None:
    with pytest.raises(TilingError, match="block of 0 voxels along X"):
        plan_blocks((9, 9, 9), (8, 8, 0))


@pytest.mark.parametrize(
    ("row", "pad", "expected"),
    [
        ([1, 2, 3], 2, [1, 2, 3, 2, 1]),
        ([1, 2, 3], 5, [1, 2, 3, 2, 1, 2, 3, 2]),
        ([1, 2], 3, [1, 2, 1, 2, 1]),
        ([1], 3, [1, 1, 1, 1]),
    ],
    ids=["reflected", "reflected-twice", "two-voxels", "one-voxel-by-its-edge"],
)
def test_padding_is_written_out(row: list[int], pad: int, expected: list[int]) -> None:
    for turn in range(3):
        array = np.moveaxis(np.array([[row]]), 2, turn)
        widths = tuple(pad if k == turn else 0 for k in range(3))
        padded = pad_tile(array, widths)
        np.testing.assert_array_equal(padded.ravel(), expected)


def test_leading_axes_are_not_padded() -> None:
    assert pad_tile(np.zeros((2, 3, 3, 3)), (1, 2, 3)).shape == (2, 4, 5, 6)


@given(core=st.tuples(*[st.integers(1, 700)] * 3))
def test_chunks_divide_the_block_and_stay_small(core: Shape3) -> None:
    for chunk, size, limit in zip(chunk_shape(core), core, (16, 256, 256), strict=True):
        assert size % chunk == 0
        assert chunk <= limit
        assert not any(size % d == 0 for d in range(chunk + 1, min(size, limit) + 1))


def test_the_largest_divisor_of_a_prime_above_the_limit_is_one() -> None:
    assert largest_divisor(17, 16) == 1


def test_the_whole_box_has_the_volumes_shape() -> None:
    assert box_shape(whole((3, 4, 5))) == (3, 4, 5)
