"""The array face of a volume on disk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_skoots.source_array import SourceArray
from skoots.volume.source import open_source

VOLUME = np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)

KEYS: list[Any] = [
    2,
    -1,
    np.int64(3),
    slice(None),
    slice(1, 3),
    slice(3, None, -1),
    slice(0, 0),
    ...,
    (2,),
    (1, slice(None), slice(None)),
    (slice(None), 2, slice(1, 5, 2)),
    (..., 4),
    (0, ..., slice(4, 1, -2)),
    (1, 2, 3),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_it_is_indexed_like_an_array_in_memory(key: Any) -> None:
    array = SourceArray(open_source(VOLUME))
    np.testing.assert_array_equal(array[key], VOLUME[key])


@pytest.mark.parametrize("key", [9, (0, 0, 0, 0), (..., ...), -5], ids=str)
def test_what_is_outside_is_an_index_error(key: Any) -> None:
    with pytest.raises(IndexError):
        SourceArray(open_source(VOLUME))[key]


def test_numpy_reads_all_of_it_in_the_type_asked_for() -> None:
    array = SourceArray(open_source(VOLUME))
    assert (len(array), array.size, array.dtype) == (4, VOLUME.size, VOLUME.dtype)
    np.testing.assert_array_equal(np.asarray(array, np.float32), VOLUME)
    with pytest.raises(ValueError, match="copy"):
        np.asarray(array, copy=False)
