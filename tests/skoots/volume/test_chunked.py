"""Chunks are decoded once while they fit into the budget, and assembled rightly."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.volume.chunked import ChunkCache, ChunkedArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


def chunked(
    array: NDArray[Any], chunks: tuple[int, ...], budget: int
) -> tuple[ChunkedArray, Counter[tuple[int, ...]]]:
    """Give an array in chunks, and a tally of the chunks that are decoded."""
    tally: Counter[tuple[int, ...]] = Counter()

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        tally[place] += 1
        starts = [k * n for k, n in zip(place, chunks, strict=True)]
        return array[
            tuple(slice(a, a + n) for a, n in zip(starts, chunks, strict=True))
        ].copy()

    cache = ChunkCache(budget)
    return ChunkedArray(array.shape, array.dtype, chunks, load, cache), tally


@st.composite
def reads(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Any, ...]]:
    shape = draw(st.tuples(*[st.integers(1, 9)] * 3))
    chunks = draw(st.tuples(*[st.integers(1, 11)] * 3))
    index: list[int | slice] = []
    for length in shape:
        start = draw(st.integers(0, length - 1))
        stop = draw(st.integers(start + 1, length))
        index.append(draw(st.sampled_from([start, slice(start, stop)])))
    return shape, chunks, tuple(index)


@settings(deadline=None)
@given(read=reads())
def test_a_part_is_the_same_as_of_the_whole_array(
    read: tuple[tuple[int, ...], tuple[int, ...], tuple[Any, ...]],
) -> None:
    shape, chunks, index = read
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    lazy, _ = chunked(array, chunks, 100)
    np.testing.assert_array_equal(lazy[index], array[index])


def test_neighbours_share_the_chunks_that_they_have_in_common() -> None:
    array = np.arange(8 * 8 * 8, dtype=np.uint8).reshape(8, 8, 8)
    lazy, tally = chunked(array, (1, 8, 8), 8 * 8 * 8)
    for start in range(0, 8, 2):
        lazy[0:8, 0:8, start : start + 2]
    assert set(tally.values()) == {1}
    assert len(tally) == 8


def test_the_budget_is_kept_and_the_oldest_chunk_goes() -> None:
    array = np.zeros((4, 10), np.uint8)
    lazy, tally = chunked(array, (1, 10), 20)
    for row in (0, 1, 0, 2, 0, 1):
        lazy[row, 0:10]
    assert tally == {(0, 0): 1, (1, 0): 2, (2, 0): 1}


def test_a_chunk_beyond_the_budget_is_read_and_not_kept() -> None:
    lazy, tally = chunked(np.zeros((1, 10), np.uint8), (1, 10), 5)
    lazy[0, 0:10]
    lazy[0, 0:10]
    assert tally == {(0, 0): 2}


def test_threads_may_read_at_once() -> None:
    array = np.arange(16 * 64 * 64, dtype=np.uint16).reshape(16, 64, 64)
    lazy, _ = chunked(array, (1, 16, 16), 20_000)
    indices = [
        (slice(z, z + 4), slice(y, y + 32), slice(5, 60))
        for z in range(12)
        for y in (0, 20)
    ]
    with ThreadPoolExecutor(8) as pool:
        for index, part in zip(
            indices, pool.map(lazy.__getitem__, indices), strict=True
        ):
            np.testing.assert_array_equal(part, array[index])
