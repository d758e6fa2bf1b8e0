"""Open a volume: a TIFF, a zarr array, an OME-Zarr or an array in memory."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import zarr

from skoots.errors import AxesError, SourceError, SourceNotFoundError
from skoots.volume.array_source import Array, ArraySource, readable_dtype
from skoots.volume.layout import Choice, make_layout
from skoots.volume.naming import image_name
from skoots.volume.tiff import open_tiff
from skoots.volume.voxel_size import check_voxel_size, format_voxel_size
from skoots.volume.zarr_source import open_zarr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.tiling import Box


@runtime_checkable
class Source(Protocol):
    """A volume that is read box by box. Everything is in the order Z, Y, X."""

    @property
    def name(self) -> str:
        """What the volume is called in messages and in the names of results."""

    @property
    def path(self) -> Path | None:
        """Where it is; None in memory."""

    @property
    def shape(self) -> Shape3:
        """Extent, in voxels."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of what `read` gives."""

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Edge lengths of a voxel in micrometres; None if nobody said."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should be told about the way it is read."""

    def read(self, box: Box) -> NDArray[Any]:
        """Give the voxels of a box as a new array. Threads may call it at once."""

    def signature(self) -> str:
        """Give a name for the volume that changes when its voxels do."""


def open_source(
    volume: str | PathLike[str] | Source | NDArray[Any] | zarr.Array[Any] | Array,
    *,
    axes: str | None = None,
    channel: int | None = None,
    time: int | None = None,
    voxel_size: VoxelSize | None = None,
) -> Source:
    """Open a volume, without reading its voxels.

    Parameters
    ----------
    volume : path, Source or array
        A TIFF file, a folder that holds a zarr array or an OME-Zarr (its level 0), or
        an array of NumPy, zarr or dask: anything with a shape, a dtype and slices. A
        source is given back as it is.
    axes : str, optional
        One letter of T, C, Z, Y, X, S for each dimension; not what the file
        says.
    channel : int, optional
        Which channel, or which colour of an RGB image, from 0.
    time : int, optional
        Which time point, from 0.
    voxel_size : tuple of float, optional
        Edge lengths along Z, Y, X in micrometres; not what the file says.

    Raises
    ------
    SourceNotFoundError
        If there is nothing at the path.
    SourceError
        If what is there is no volume, is damaged or is empty.
    AxesError
        If the axes do not fit, or one of several images has to be chosen.

    Examples
    --------
    >>> zeros = np.zeros((2, 3, 4), np.uint8)
    >>> describe(open_source(zeros, voxel_size=(0.05, 0.01, 0.01)))
    'ZYX 2 x 3 x 4, uint8, voxel 0.05 x 0.01 x 0.01 um'
    """
    choice = Choice(axes, channel, time)
    if isinstance(volume, (str, PathLike)):
        source = _open_path(Path(volume), choice)
    elif isinstance(volume, Source):
        return _as_it_is(volume, choice, voxel_size)
    elif isinstance(volume, Array) and not isinstance(volume, zarr.Array):
        source = _open_array(volume, choice)
    else:
        source = open_zarr(volume, "array", choice)
    if voxel_size is None:
        return replace(source, choice=choice)
    size = check_voxel_size(voxel_size)
    return replace(source, choice=choice, voxel_size=size, voxel_size_given=True)


def describe(source: Source) -> str:
    """Give a volume's shape, data type and voxel size in one line."""
    shape = " x ".join(map(str, source.shape))
    return f"ZYX {shape}, {source.dtype}, {format_voxel_size(source.voxel_size)}"


def _open_path(path: Path, choice: Choice) -> ArraySource:
    try:
        if path.is_dir():
            return open_zarr(path, image_name(path), choice)
        if not path.exists():
            raise SourceNotFoundError(
                f"There is no volume at {path}. Check the path and its spelling."
            )
        return open_tiff(path, image_name(path), choice)
    except PermissionError as error:
        raise SourceError(
            f"{path} may not be read: {error.strerror}. Change its permissions."
        ) from error


def _open_array(array: Array, choice: Choice) -> ArraySource:
    dtype = readable_dtype(np.dtype(array.dtype), "The array")
    layout = make_layout(None, array.shape, choice, "The array")
    return ArraySource("array", None, array, layout, dtype)


def _as_it_is(source: Source, choice: Choice, voxel_size: VoxelSize | None) -> Source:
    if choice != Choice() or voxel_size is not None:
        raise AxesError(
            f"{source.name} is open already: its axes and voxel size are fixed. "
            "Give them where it is opened."
        )
    return source
