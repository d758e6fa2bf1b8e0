"""Voxel sizes in micrometres, whatever unit a file uses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from skoots.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skoots._types import VoxelSize

_MICROMETRES = {
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "cm": 1e4,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "mm": 1e3,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "um": 1.0,
    "micron": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "nanometre": 1e-3,
    "angstrom": 1e-4,
    "\u00e5": 1e-4,
    "a": 1e-4,
    "pm": 1e-6,
    "picometer": 1e-6,
}

_MICRO = ("\\u00b5", "\\u03bc", "\\xb5", "\u00e2\u00b5", "\u00b5", "\u03bc")
"""The letter micro as files spell it: escaped, wrongly decoded or as it is."""


def to_micrometres(value: float, unit: str) -> float | None:
    r"""Turn a length into micrometres; None if the unit is no unit of length.

    Examples
    --------
    >>> to_micrometres(10, "nm")
    0.01
    >>> to_micrometres(2, "\\u00B5m"), to_micrometres(2, "\u03bcm")
    (2.0, 2.0)
    >>> to_micrometres(1, "pixel") is None
    True
    """
    unit = unit.strip().lower()
    for micro in _MICRO:
        unit = unit.replace(micro, "u")
    factor = _MICROMETRES.get(unit) or _MICROMETRES.get(unit.removesuffix("s"))
    if factor is None:
        return None
    return value / round(1 / factor) if factor < 1 else value * factor


def make_voxel_size(lengths: Sequence[float | None]) -> VoxelSize | None:
    """Give a voxel size from what a file says; None unless all three are lengths.

    Parameters
    ----------
    lengths : sequence of float or None
        Edge lengths along Z, Y, X, in micrometres.
    """
    known = [n for n in lengths if n is not None and math.isfinite(n) and n > 0]
    if len(known) != 3:
        return None
    return known[0], known[1], known[2]


def check_voxel_size(lengths: Sequence[float]) -> VoxelSize:
    """Give a voxel size as a user typed it.

    Parameters
    ----------
    lengths : sequence of float
        Edge lengths along Z, Y, X, in micrometres.

    Raises
    ------
    SourceError
        If they are not three positive numbers.
    """
    size = make_voxel_size([float(n) for n in lengths]) if len(lengths) == 3 else None
    if size is None:
        raise SourceError(
            f"A voxel size of {', '.join(map(str, lengths))} cannot be used. Give "
            "three positive numbers, the edge lengths along Z, Y, X in micrometres."
        )
    return size


def format_voxel_size(size: VoxelSize | None) -> str:
    """Give a voxel size in words.

    Examples
    --------
    >>> format_voxel_size((0.05, 0.01, 0.01))
    'voxel 0.05 x 0.01 x 0.01 um'
    """
    if size is None:
        return "voxel size unknown"
    return f"voxel {' x '.join(f'{n:.4g}' for n in size)} um"
