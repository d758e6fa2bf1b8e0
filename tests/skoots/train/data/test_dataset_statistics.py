"""Sum, mean and deviation of volumes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skoots.train.data import dataset_statistics
from skoots.train.data.dataset_statistics import joined, moments_of

KINDS = st.sampled_from([np.uint8, np.int32, np.int64, np.float32])


@given(
    data=st.data(),
    dtype=KINDS,
    shapes=st.lists(st.tuples(*[st.integers(1, 4)] * 4), min_size=1, max_size=3),
    mirror=st.integers(-300, 300),
)
@settings(deadline=None, max_examples=60)
def test_moments_are_those_of_all_values_together(
    data: st.DataObject, dtype: Any, shapes: list[tuple[int, ...]], mirror: int
) -> None:
    low = 0 if dtype == np.uint8 else -100
    values = st.integers(low, 200)
    volumes = [data.draw(arrays.arrays(dtype, s, elements=values)) for s in shapes]
    flat = np.concatenate([v.ravel() for v in volumes]).astype(np.float64)
    found = joined(moments_of(torch.from_numpy(v)) for v in volumes)
    for moments, expected in (
        (found, flat),
        (found.inverted(mirror), mirror - flat),
        (found.joined(found.inverted(mirror)), np.concatenate([flat, mirror - flat])),
    ):
        assert moments.count == expected.size
        assert moments.total == pytest.approx(expected.sum())
        assert moments.mean == pytest.approx(expected.mean(), abs=1e-9)
        assert moments.std == pytest.approx(expected.std(), abs=1e-6)
        assert moments.about(7.5) == pytest.approx(((expected - 7.5) ** 2).sum())


def test_blocks_of_a_volume_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_statistics, "_BLOCK", (2, 3, 4))
    volume = np.random.default_rng(0).normal(1e4, 1, (2, 7, 8, 5)).astype(np.float32)
    found = moments_of(torch.from_numpy(volume))
    assert found.count == volume.size
    assert found.std == pytest.approx(volume.std(dtype=np.float64), rel=1e-9)


def test_sums_of_whole_numbers_are_exact() -> None:
    volume = torch.full((1, 300, 300, 20), 2**40 + 1, dtype=torch.int64)
    assert moments_of(volume).total == (2**40 + 1) * volume.numel()


def test_values_that_are_no_numbers_do_not_count() -> None:
    volume = torch.tensor([1.0, 3.0, torch.nan, torch.inf]).view(1, 2, 2, 1)
    found = moments_of(volume)
    assert (found.count, found.mean, found.std) == (2, 2.0, 1.0)
    nothing = moments_of(torch.full((1, 1, 1, 2), torch.nan))
    assert (nothing.count, nothing.mean, nothing.std) == (0, 0.0, 0.0)
