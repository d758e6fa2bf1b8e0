"""Ranges over threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[1, 2, 3])
def n_threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_ranges_cover_everything_once(n_threads: int, count: int, small: bool) -> None:
    seen: list[int] = []
    run_ranges(lambda a, b: seen.extend(range(a, b)), count, small=small)
    assert sorted(seen) == list(range(count)), n_threads


def test_an_error_in_a_thread_is_raised_here(n_threads: int) -> None:
    def fail(start: int, stop: int) -> None:
        raise ValueError(f"{start} {stop}")

    with pytest.raises(ValueError, match=r"\d"):
        run_ranges(fail, 10 * n_threads, small=False)
