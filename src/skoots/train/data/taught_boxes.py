"""Where a sparsely labelled volume says that what is unpainted is background.

Inside a *taught box* every voxel that belongs to no object is background; outside,
nobody knows. A box that is held out is for validation: training knows nothing of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skoots.errors import TrainingError
from skoots.volume.tiling import Box, Span

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3

_FORM = (
    '{"boxes": [{"start": [z, y, x], "stop": [z, y, x], "held_out": false}]}, in voxels'
)
_KEYS = {"start", "stop", "held_out"}


@dataclass(frozen=True, slots=True)
class TaughtBox:
    """A box in which everything that is unpainted is background.

    Raises
    ------
    TrainingError
        If it is empty.
    """

    start_zyx: Shape3
    """Its first voxel."""

    stop_zyx: Shape3
    """One beyond its last voxel along each axis."""

    held_out: bool = False
    """Whether it is kept for validation."""

    def __post_init__(self) -> None:
        sides = zip(self.start_zyx, self.stop_zyx, strict=True)
        if any(start >= stop for start, stop in sides):
            raise TrainingError(
                f"A box from {self.start_zyx} to {self.stop_zyx} (Z, Y, X) is empty. "
                "Give it a voxel at least along each axis."
            )

    @property
    def box(self) -> Box:
        """The same, as what volumes are read by."""
        z, y, x = (
            Span(a, b) for a, b in zip(self.start_zyx, self.stop_zyx, strict=True)
        )
        return z, y, x


def read_boxes(path: Path, shape_zyx: Shape3) -> tuple[TaughtBox, ...]:
    """Read the boxes of a volume.

    Parameters
    ----------
    path : Path
        ``NAME.boxes.json``.
    shape_zyx : tuple of int
        Extent of the volume, in voxels.

    Raises
    ------
    TrainingError
        If the file is not of its form, or a box is empty or reaches beyond the volume.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be read ({error}). Write {_FORM}."
        ) from error
    listed = content.get("boxes") if isinstance(content, dict) else None
    if not isinstance(listed, list) or set(content) != {"boxes"}:
        raise TrainingError(f"{path} is no list of boxes. Write {_FORM}.")
    return tuple(
        _check(item, f"Box {number} of {path}", shape_zyx)
        for number, item in enumerate(listed, start=1)
    )


def _check(item: Any, what: str, shape_zyx: Shape3) -> TaughtBox:
    if not isinstance(item, dict) or not {"start", "stop"} <= set(item) <= _KEYS:
        raise TrainingError(f"{what} is {item!r}. Write {_FORM}.")
    held_out = item.get("held_out", False)
    if not isinstance(held_out, bool):
        raise TrainingError(f"{what} has held_out: {held_out!r}. Write true or false.")
    start, stop = _triple(item["start"], what), _triple(item["stop"], what)
    sides = zip(start, stop, shape_zyx, strict=True)
    if not all(0 <= a < b <= n for a, b, n in sides):
        raise TrainingError(
            f"{what} goes from {start} to {stop}, but the volume has {shape_zyx} "
            "voxels (Z, Y, X). Give a start and a stop behind it, within the volume."
        )
    return TaughtBox(start, stop, held_out)


def _triple(value: Any, what: str) -> Shape3:
    whole = isinstance(value, list) and all(type(n) is int for n in value)
    if not whole or len(value) != 3:
        raise TrainingError(
            f"{what} holds {value!r}. Write three whole numbers Z, Y, X."
        )
    return value[0], value[1], value[2]
