"""The door: what it opens, what it refuses, and what it says about a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from skoots.errors import AxesError, SourceError, SourceNotFoundError
from skoots.volume.source import Source, describe, open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_at_a_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"no volume at .*gone\.tif"):
        open_source(tmp_path / "gone.tif")
    with pytest.raises(FileNotFoundError):
        open_source(str(tmp_path / "gone.zarr"))


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), complex), np.array([["a"]]), np.zeros((2, 2), object)],
    ids=["complex", "text", "object"],
)
def test_elements_that_are_no_grey_values_are_refused(array: Any) -> None:
    with pytest.raises(SourceError, match="no grey values"):
        open_source(array)


def test_what_is_no_volume_is_refused() -> None:
    with pytest.raises(SourceError, match="cannot be read from list"):
        open_source([[1, 2], [3, 4]])  # type: ignore[arg-type]  # the point of the test


def test_an_open_source_is_given_back_and_takes_no_options() -> None:
    source = open_source(np.zeros((2, 3, 4), np.uint8))
    assert isinstance(source, Source)
    assert open_source(source) is source
    with pytest.raises(AxesError, match="open already"):
        open_source(source, channel=1)


@pytest.mark.parametrize(
    ("dtype", "read_as"),
    [
        ("?", "u1"),
        ("f2", "f4"),
        ("f8", "f4"),
        (">u2", "u2"),
        (">f4", "f4"),
        ("i8", "i8"),
    ],
)
def test_types_are_read_as_the_engine_wants_them(dtype: str, read_as: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    source = open_source(array)
    part = source.read(whole(source.shape))
    assert source.dtype == part.dtype == np.dtype(read_as)
    assert part.dtype.isnative
    np.testing.assert_array_equal(part, array.astype(read_as))


def test_values_beyond_float32_become_infinite_without_a_warning() -> None:
    source = open_source(np.full((1, 1, 1), 1e300))
    assert np.isinf(source.read(whole(source.shape))).all()


def test_a_volume_is_described_in_one_line() -> None:
    source = open_source(np.zeros((16, 4, 5), np.uint8), voxel_size=(0.01, 0.01, 0.01))
    assert describe(source) == "ZYX 16 x 4 x 5, uint8, voxel 0.01 x 0.01 x 0.01 um"
