"""Tiles fit the memory, the network's grid and the volume."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import TilingError
from skoots.run.tile_size import (
    LADDER_GB,
    SHARE,
    choose_core,
    core_of_tile,
    shrink_core,
)

GB = 10**9


def choose(shape: tuple[int, int, int], **changes: Any) -> tuple[int, int, int]:
    wishes = {
        "memory": 16 * GB,
        "bytes_per_voxel": 320,
        "factor": 8,
        "published": False,
    }
    return choose_core(shape, (16, 32, 32), **(wishes | changes))


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 3000)] * 3),
    memory=st.sampled_from([GB, 4 * GB, 16 * GB, 100 * GB]),
    factor=st.sampled_from([4, 8, 16, 32]),
    published=st.booleans(),
)
def test_a_core_lies_on_the_grid_and_its_tile_fits(
    shape: tuple[int, int, int], memory: int, factor: int, published: bool
) -> None:
    core = choose(shape, memory=memory, factor=factor, published=published)
    assert not any(c % factor for c in core)
    rung = max((r for r in LADDER_GB if r * 0.9e9 <= memory), default=2)
    read = math.prod(
        min(n, c + 2 * h) for n, c, h in zip(shape, core, (16, 32, 32), strict=True)
    )
    assert read * 320 <= rung * GB / SHARE or core[1] == max(64, factor)
    assert not published or core[0] == max(16, factor)


def test_more_memory_gives_larger_tiles_of_a_large_volume() -> None:
    sizes = [math.prod(choose((2000,) * 3, memory=m * GB)) for m in (2, 8, 24, 80)]
    assert sizes == sorted(set(sizes))


def test_busy_memory_of_the_same_machine_changes_nothing() -> None:
    """A machine of 24 GB reports a little less than that, more or less of it."""
    cores = {choose((2000,) * 3, memory=m) for m in (22 * GB, 24 * GB, 25 * GB)}
    assert len(cores) == 1


@pytest.mark.parametrize(
    ("core", "halved"),
    [
        ((16, 64, 64), (16, 32, 64)),
        ((24, 8, 8), (8, 8, 8)),
        ((8, 8, 8), None),
    ],
    ids=str,
)
def test_a_core_is_halved_along_its_longest_axis(core: Any, halved: Any) -> None:
    assert shrink_core(core, 8) == halved


@pytest.mark.parametrize(
    ("tile", "halo", "words"),
    [
        ((9, 16, 16), (0, 0, 0), "9 voxels along Z"),
        ((16, 16, 16), (0, 8, 0), "16 voxels along Y.*at least 24"),
        ((16, 16, 24), (0, 0, 4), "halo of 4 voxels along X.*multiple of 8"),
    ],
    ids=["off the grid", "nothing left", "halo off the grid"],
)
def test_a_tile_off_the_grid_is_refused(tile: Any, halo: Any, words: str) -> None:
    with pytest.raises(TilingError, match=words):
        core_of_tile(tile, halo, 8)


def test_a_core_is_a_tile_without_its_halo() -> None:
    assert core_of_tile((32, 48, 64), (8, 0, 16), 8) == (16, 48, 32)
