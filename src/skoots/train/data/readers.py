"""Read parts of training data from files: grey values, ids and known background.

Each reader is a value that can be handed to other processes and threads. What is held
out is left out of all that training sees: it is neither object nor background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots.train.data.channels import Channels
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.volume.tiling import Box

_NUMPY: dict[torch.dtype, type[np.generic]] = {
    torch.uint8: np.uint8,
    torch.int32: np.int32,
    torch.int64: np.int64,
    torch.float32: np.float32,
}


def grey_type(dtype: np.dtype[Any]) -> torch.dtype:
    """Give the type that a file's grey values have as a tensor: each value as it is.

    Examples
    --------
    >>> grey_type(np.dtype("uint16"))
    torch.int32
    """
    if dtype.kind == "f":
        return torch.float32
    if dtype == np.uint8:
        return torch.uint8
    fits = np.can_cast(dtype, np.int32)
    return torch.int32 if fits else torch.int64


@dataclass(frozen=True, slots=True)
class ImageReader:
    """Reads grey values."""

    channels: Channels

    @property
    def dtype(self) -> torch.dtype:
        """Type of a tensor that holds them."""
        return grey_type(self.channels.dtype)

    def __call__(self, box: Box, channels: slice, /) -> NDArray[Any]:
        """Give the grey values of a box, (C, Z, Y, X)."""
        values = self.channels.read(box, channels)
        return values.astype(_NUMPY[self.dtype], copy=False)


@dataclass(frozen=True, slots=True)
class MasksReader:
    """Reads ids; 0 where there is no object, and in boxes that are held out."""

    labels: Channels
    boxes: tuple[TaughtBox, ...]
    dtype: torch.dtype

    def __call__(self, box: Box, _channels: slice, /) -> NDArray[Any]:
        """Give the ids of a box, (1, Z, Y, X)."""
        ids = self.labels.read(box).astype(_NUMPY[self.dtype], copy=False)
        _fill(ids, box, [b for b in self.boxes if b.held_out], 0)
        return ids


@dataclass(frozen=True, slots=True)
class BackgroundReader:
    """Reads what is surely background: unpainted, and in a box or said by a file."""

    labels: Channels
    boxes: tuple[TaughtBox, ...]
    said: Channels | None
    """A volume that is above 0 where there is surely background."""

    def __call__(self, box: Box, _channels: slice, /) -> NDArray[Any]:
        """Tell for each voxel of a box, (1, Z, Y, X)."""
        ids = self.labels.read(box)
        known = np.zeros(ids.shape, np.bool_)
        if self.said is not None:
            known |= self.said.read(box) > 0
        _fill(known, box, [b for b in self.boxes if not b.held_out], 1)
        _fill(known, box, [b for b in self.boxes if b.held_out], 0)
        return np.asarray(known & (ids == 0))


def _fill(
    values: NDArray[Any], box: Box, boxes: Sequence[TaughtBox], value: int
) -> None:
    """Set the voxels of a part of a volume that lie in some boxes, (1, Z, Y, X)."""
    for taught in boxes:
        place = tuple(
            slice(max(own.start - part.start, 0), max(own.stop - part.start, 0))
            for own, part in zip(taught.box, box, strict=True)
        )
        values[(slice(None), *place)] = value
