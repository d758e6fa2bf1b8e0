"""A volume that looks like a tensor and reads only the parts that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import torch
from torch import Tensor

from skoots.errors import ShapeError
from skoots.volume.axes import triple_to_zyx, zyx_to_xyz
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.volume.tiling import Box


class Reader(Protocol):
    """Reads a box of a volume with channels. Threads may call it at once."""

    def __call__(self, box: Box, channels: slice, /) -> NDArray[Any]:
        """Give voxels, (C, Z, Y, X)."""


@dataclass(frozen=True, slots=True, eq=False)
class LazyVolume:
    """A volume on disk, indexed like a tensor by slices without a step.

    Examples
    --------
    >>> def reader(box, channels):
    ...     return np.zeros((1, *(span.size for span in box)), np.uint8)
    >>> volume = LazyVolume(reader, (1, 5, 6, 7), torch.uint8)
    >>> volume[:, 1:3, :, -2:].shape
    torch.Size([1, 2, 6, 2])
    """

    reader: Reader
    shape: tuple[int, int, int, int]
    """Channels and extent along X, Y, Z."""

    dtype: torch.dtype

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return 4

    def numel(self) -> int:
        """Give the number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __getitem__(self, index: slice | tuple[slice, ...], /) -> Tensor:
        """Read a part, (C, X, Y, Z)."""
        asked = index if isinstance(index, tuple) else (index,)
        if len(asked) > 4 or not all(isinstance(part, slice) for part in asked):
            raise ShapeError(
                f"A volume on disk cannot be indexed by {index!r}. Give a slice for "
                "each of C, X, Y, Z."
            )
        asked += (slice(None),) * (4 - len(asked))
        spans = [self._span(part, n) for part, n in zip(asked, self.shape, strict=True)]
        part = self.reader(
            triple_to_zyx((spans[1], spans[2], spans[3])), spans[0].slice
        )
        turned = np.ascontiguousarray(zyx_to_xyz(part))
        return torch.from_numpy(turned).to(self.dtype)

    def load(self) -> Tensor:
        """Read all of it, (C, X, Y, Z)."""
        return self[:]

    @staticmethod
    def _span(part: slice, size: int) -> Span:
        start, stop, step = part.indices(size)
        if step != 1:
            raise ShapeError(
                f"A volume on disk is read without gaps, not in steps of {step}. Read "
                "the part and take the steps from it."
            )
        return Span(start, max(start, stop))


Volume: TypeAlias = Tensor | LazyVolume
"""(C, X, Y, Z), in memory or on disk."""
