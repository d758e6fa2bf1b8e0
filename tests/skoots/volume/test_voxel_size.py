"""Units, and voxel sizes that a user types."""

from __future__ import annotations

import pytest

from skoots.errors import SourceError
from skoots.volume.voxel_size import (
    check_voxel_size,
    format_voxel_size,
    make_voxel_size,
    to_micrometres,
)


@pytest.mark.parametrize(
    ("unit", "micrometres"),
    [
        ("nm", 0.001),
        ("nanometers", 0.001),
        ("Micrometer", 1),
        ("microns", 1),
        ("\u00b5m", 1),
        ("\u03bcm", 1),
        ("\\u00B5m", 1),
        ("\\xb5m", 1),
        ("\u00c2\u00b5m", 1),
        ("angstrom", 0.0001),
        ("\u00c5", 0.0001),
        ("mm", 1000),
        ("cm", 10000),
        ("m", 1000000),
    ],
)
def test_lengths_become_micrometres(unit: str, micrometres: float) -> None:
    assert to_micrometres(1, unit) == pytest.approx(micrometres)


@pytest.mark.parametrize("unit", ["", "pixel", "pixels", "voxel", "s", "inch"])
def test_other_units_are_no_length(unit: str) -> None:
    assert to_micrometres(1, unit) is None


@pytest.mark.parametrize("lengths", [(1, 1), (1, 1, 1, 1), (0, 1, 1), (1, -1, 1)])
def test_a_voxel_size_is_three_positive_numbers(lengths: tuple[float, ...]) -> None:
    with pytest.raises(SourceError, match="three positive"):
        check_voxel_size(lengths)


def test_infinite_and_missing_lengths_are_unknown() -> None:
    assert make_voxel_size([1, float("inf"), 1]) is None
    assert make_voxel_size([None, 1, 1]) is None


def test_an_unknown_voxel_size_is_said() -> None:
    assert format_voxel_size(None) == "voxel size unknown"
