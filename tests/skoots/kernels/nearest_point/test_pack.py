"""Skeletons, sorted and boxed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import SkeletonError
from skoots.kernels.nearest_point import pack_points
from skoots.kernels.nearest_point.pack import BLOCK


def _skeletons(sizes: list[int], seed: int) -> dict[int, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        7 * i + 1: random.normal(0, 50, (n, 3)).astype(np.float32)
        for i, n in enumerate(sizes)
    }


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 3 * BLOCK + 1), max_size=6), st.integers(0, 2**31))
def test_packing_keeps_every_point_with_its_object(sizes: list[int], seed: int) -> None:
    skeletons = _skeletons(sizes, seed)
    packed = pack_points(skeletons)
    kept = {i: p for i, p in skeletons.items() if len(p)}
    assert packed.ids.tolist() == sorted(kept)
    for k, label in enumerate(packed.ids.tolist()):
        mine = packed.points[packed.offsets[k] : packed.offsets[k + 1]].tolist()
        assert sorted(mine) == sorted(kept[label].tolist())


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 3 * BLOCK + 1), max_size=4), st.integers(0, 2**31))
def test_each_box_is_tight_round_its_block(sizes: list[int], seed: int) -> None:
    packed = pack_points(_skeletons(sizes, seed))
    box = 0
    for k in range(len(packed.ids)):
        mine = packed.points[packed.offsets[k] : packed.offsets[k + 1]]
        assert box == packed.box_offsets[k]
        for block in mine.split(BLOCK):
            low, high = block.amin(0).tolist(), block.amax(0).tolist()
            assert packed.boxes[:, box].tolist() == low + high
            box += 1
    assert box == packed.boxes.shape[1] == packed.box_offsets[-1]


def test_neighbours_in_a_row_are_neighbours_in_space() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(-16, 16)] * 3), -1).reshape(-1, 3)
    shuffled = np.random.default_rng(0).permutation(grid).astype(float)
    packed = pack_points({1: shuffled})
    edges = (packed.boxes[3:] - packed.boxes[:3]).amax(0)
    assert edges.max() <= 3  # 32 points of a grid fill 4 x 4 x 2


def test_the_order_in_which_objects_are_given_does_not_matter() -> None:
    skeletons = _skeletons([5, 70, 1], 0)
    there = pack_points(skeletons)
    back = pack_points(dict(reversed(skeletons.items())))
    assert torch.equal(there.planes, back.planes)


def test_nothing_to_pack_gives_nothing() -> None:
    for nothing in ({}, {-1: np.empty(0)}, {4: torch.empty((0, 3))}):
        packed = pack_points(nothing)
        assert packed.ids.tolist() == []
        assert packed.offsets.tolist() == packed.box_offsets.tolist() == [0]
        assert packed.planes.shape == (3, 0)
        assert packed.boxes.shape == (6, 0)


def test_background_ids_are_left_out() -> None:
    one = np.ones((1, 3))
    assert pack_points({-3: one, 0: one, 2: one}).ids.tolist() == [2]


@pytest.mark.parametrize("kind", [torch.int64, torch.float16, torch.float64])
def test_any_number_type_is_taken(kind: torch.dtype) -> None:
    packed = pack_points({1: torch.tensor([[1, 2, 3]], dtype=kind)})
    assert packed.points.tolist() == [[1.0, 2.0, 3.0]]
    assert packed.planes.dtype == torch.float32


@pytest.mark.parametrize("shape", [(3, 4), (3,), (2, 3, 3), (5, 2)])
def test_points_that_are_no_rows_of_three_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SkeletonError, match=r"object 12 .* \(N, 3\)"):
        pack_points({12: np.zeros(shape)})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_that_are_nowhere_are_refused(bad: float) -> None:
    points = np.zeros((4, 3))
    points[2, 1] = bad
    with pytest.raises(SkeletonError, match="object 5 "):
        pack_points({9: np.zeros((3, 3)), 5: points, 1: np.zeros((2, 3))})
