"""A volume inside an array: in memory, in a zarr store or in the pages of a TIFF."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from skoots.errors import SourceError
from skoots.volume.layout import Choice
from skoots.volume.sampling import sign

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.layout import Layout
    from skoots.volume.tiling import Box

_READ_AS: dict[str, np.dtype[Any]] = {
    "bool": np.dtype(np.uint8),
    "float16": np.dtype(np.float32),
    "float64": np.dtype(np.float32),
}


@runtime_checkable
class Array(Protocol):
    """What can be indexed by integers and slices, and reads only what is asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent along every axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""

    def __getitem__(self, index: tuple[int | slice, ...], /) -> Any:
        """Give a part."""


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A volume that is read box by box out of an array."""

    name: str
    """What the volume is called in messages and in the names of results."""

    path: Path | None
    """Where it is; None in memory."""

    array: Array
    layout: Layout
    """How the volume lies in the array."""

    dtype: np.dtype[Any]
    """Type of what `read` gives."""

    voxel_size: VoxelSize | None = None
    """Edge lengths of a voxel along Z, Y, X, in micrometres."""

    notes: tuple[str, ...] = ()
    """What the user should be told about the way it is read."""

    choice: Choice = field(default_factory=Choice)
    """What the user said about its axes."""

    voxel_size_given: bool = False
    """Whether the voxel size is the user's and not the file's."""

    @property
    def shape(self) -> Shape3:
        """Extent along Z, Y, X, in voxels."""
        return self.layout.shape

    def read(self, box: Box) -> NDArray[Any]:
        """Give the voxels of a box as a new array.

        Parameters
        ----------
        box : tuple of Span
            A part of the volume, not reaching beyond it.

        Returns
        -------
        ndarray, (Z, Y, X), of this source's data type
        """
        part = np.asarray(self.array[self.layout.index(box)])
        with np.errstate(over="ignore"):  # a float64 beyond float32 becomes inf
            return self.layout.arrange(part).astype(self.dtype, order="C")

    def signature(self) -> str:
        """Give a name for the volume that changes when its voxels do."""
        return sign(self.shape, self.dtype, self.read)


def readable_dtype(dtype: np.dtype[Any], name: str) -> np.dtype[Any]:
    """Give the type that an array is read as.

    Booleans are read as uint8, float16 and float64 as float32, all in the machine's
    byte order.

    Raises
    ------
    SourceError
        If elements are not plain numbers.
    """
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise SourceError(
            f"{name} has elements of type {dtype}, which are no grey values. "
            "Use booleans, integers or floating point numbers."
        )
    return _READ_AS.get(dtype.name, dtype.newbyteorder("="))
