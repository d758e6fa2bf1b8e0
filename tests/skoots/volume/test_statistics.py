"""Statistics are NumPy's for small volumes, and a fixed sample's for large ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import SourceError
from skoots.volume.source import open_source
from skoots.volume.statistics import sample_statistics


@settings(deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 20)] * 3),
    offset=st.sampled_from([0, 100, 60000]),
    seed=st.integers(0, 9),
)
def test_a_small_volume_gives_its_mean_and_spread(
    shape: tuple[int, int, int], offset: int, seed: int
) -> None:
    array = np.random.default_rng(seed).integers(0, 99, shape) + offset
    found = sample_statistics(open_source(array.astype(np.uint16)))
    assert found.mean == pytest.approx(array.mean())
    assert found.std == pytest.approx(array.std(), abs=1e-9)
    assert (found.minimum, found.maximum) == (array.min(), array.max())
    assert (found.sampled, found.non_finite) == (array.size, 0)


def test_a_large_offset_cancels_nothing() -> None:
    array = np.random.default_rng(0).random((40, 300, 300), np.float32) + 1000
    found = sample_statistics(open_source(array))
    assert found.std == pytest.approx(array.astype(np.float64).std(), rel=1e-9)


def test_a_sample_comes_close_and_is_the_same_every_time() -> None:
    array = np.random.default_rng(0).integers(0, 255, (150, 150, 150)).astype(np.uint8)
    first = sample_statistics(open_source(array), whole_below=0)
    assert first == sample_statistics(open_source(array), whole_below=0)
    assert first.sampled < array.size
    assert first.mean == pytest.approx(array.mean(), rel=0.01)


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    array = np.ones((3, 4, 5), np.float32)
    array[0, 0, :3] = [np.nan, np.inf, -np.inf]
    array[1] = np.nan
    found = sample_statistics(open_source(array))
    assert (found.mean, found.std, found.maximum) == (1, 0, 1)
    assert (found.non_finite, found.sampled) == (23, 60)


def test_a_volume_without_a_finite_value_is_refused() -> None:
    with pytest.raises(SourceError, match="no finite value among 8 voxels"):
        sample_statistics(open_source(np.full((2, 2, 2), np.nan)))
