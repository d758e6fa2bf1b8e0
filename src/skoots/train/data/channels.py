"""Open an image with all its channels, as training data has them.

Inference works on one channel and asks which; training takes each channel of a file.
Where a file does not say which axis is which, the labels' shape tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import AxesError
from skoots.volume.array_source import ArraySource
from skoots.volume.source import open_source
from skoots.volume.tiling import box_shape

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box

_TRIED = ("ZYX", "ZYXC", "ZCYX", "CZYX")
"""Axes that are tried where a file does not say and the labels' shape is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """An image whose channels are read together. Processes may be handed it."""

    path: Path
    axes: str | None
    """What the axes were found to be; None as the file says."""

    sources: tuple[Source, ...]
    """One for each channel."""

    @property
    def shape_zyx(self) -> Shape3:
        """Extent, in voxels."""
        return self.sources[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what `read` gives."""
        return self.sources[0].dtype

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Edge lengths of a voxel along Z, Y, X, in micrometres."""
        return self.sources[0].voxel_size

    def read(self, box: Box, channels: slice = slice(None)) -> NDArray[Any]:
        """Give the voxels of a box, (C, Z, Y, X)."""
        asked = self.sources[channels]
        values = np.empty((len(asked), *box_shape(box)), self.dtype)
        for value, source in zip(values, asked, strict=True):
            value[...] = source.read(box)
        return values

    def __reduce__(self) -> tuple[Any, ...]:  # open files do not travel
        return open_as, (self.path, self.axes)


def open_channels(path: Path, shape_zyx: Shape3 | None = None) -> Channels:
    """Open an image with all its channels, without reading its voxels.

    Parameters
    ----------
    path : Path
        A TIFF or a zarr folder.
    shape_zyx : tuple of int, optional
        Extent of its labels; settles which axis is which where the file does not say.

    Raises
    ------
    SourceError
        If it is no image. An AxesError if it is not clear which axis is which.
    """
    try:
        return open_as(path, None)
    except AxesError:
        for axes in _TRIED:
            found = _try(path, axes)
            if found is not None and found.shape_zyx == shape_zyx:
                return found
        raise


def open_as(path: Path, axes: str | None) -> Channels:
    """Open an image with all its channels, its axes as given."""
    first = open_source(path, axes=axes, channel=0)
    rest = [open_source(path, axes=axes, channel=k) for k in range(1, _count_of(first))]
    return Channels(path, axes, (first, *rest))


def _count_of(source: Source) -> int:
    if not isinstance(source, ArraySource):
        return 1
    sizes = zip(source.layout.letters, source.array.shape, strict=True)
    return int(np.prod([n for letter, n in sizes if letter in "CS"], dtype=int))


def _try(path: Path, axes: str) -> Channels | None:
    try:
        return open_as(path, axes)
    except AxesError:
        return None
