"""Open a zarr array or an OME-Zarr as a volume, without reading its voxels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import zarr

from skoots.errors import SourceError
from skoots.volume.array_source import ArraySource, readable_dtype
from skoots.volume.chunked import ChunkCache, ChunkedArray
from skoots.volume.layout import make_layout
from skoots.volume.ome import find_multiscale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import VoxelSize
    from skoots.volume.layout import Choice

_READ_VOXELS = 1 << 18
"""Small chunks are read together, up to so many voxels: each read has its own cost."""

_ERRORS = (ValueError, KeyError, TypeError, OSError, RuntimeError, NotImplementedError)


def open_zarr(volume: object, name: str, choice: Choice) -> ArraySource:
    """Open a zarr array, or the only image of a zarr group, as a volume.

    Parameters
    ----------
    volume : Path, zarr.Array or zarr.Group
        Of format 2 or 3. Of an OME-Zarr, level 0 is read.
    name : str
        What to call the volume.
    choice : Choice
        What the user says about its axes.

    Raises
    ------
    SourceError
        If there is no array of numbers, or more than one.
    AxesError
        If it holds several images and none is chosen.
    """
    path = volume if isinstance(volume, Path) else None
    label = str(path or "The array")
    node = _open_node(path) if path else volume
    found = _Found(node)
    if isinstance(node, zarr.Group):
        found = _find_array(node, label)
    array = found.array
    if not isinstance(array, zarr.Array):
        raise SourceError(
            f"A volume cannot be read from {type(volume).__name__}. Give a path, a "
            "NumPy array or a zarr array."
        )
    dtype = readable_dtype(np.dtype(array.dtype), label)
    letters = found.letters or _dimension_letters(array)
    layout = make_layout(letters, array.shape, choice, label)
    chunked = _chunked(array, label)
    return ArraySource(
        name, path, chunked, layout, dtype, found.voxel_size, found.notes
    )


class _Found(NamedTuple):
    """An image within a group, and what the group says about it."""

    array: object
    letters: str | None = None
    voxel_size: VoxelSize | None = None
    notes: tuple[str, ...] = ()


def _open_node(path: Path) -> zarr.Array[Any] | zarr.Group:
    try:
        return zarr.open(path, mode="r")
    except _ERRORS as error:
        raise SourceError(
            f"{path} is a folder without a zarr array ({_one_line(error)}). Give a "
            "TIFF file or a zarr folder."
        ) from error


def _find_array(group: zarr.Group, label: str) -> _Found:
    """Find the one image of a group, with its axes, voxel size and notes."""
    image = find_multiscale(group.attrs.asdict())
    if image is not None:
        if image.path not in group:
            raise SourceError(
                f"{label} is incomplete: its array {image.path} is missing. "
                "Copy or save it again."
            )
        note = f"{image.images} images in the group: the first is read"
        notes = (note,) if image.images > 1 else ()
        return _Found(group[image.path], image.axes, image.voxel_size, notes)
    members = sorted(name for name, _ in group.members())
    if len(members) != 1:
        listed = ", ".join(members[:8]) or "nothing"
        raise SourceError(
            f"{label} is a zarr group with {listed} in it, and it does not say "
            "which is the image. Give the path of an array within it."
        )
    only = group[members[0]]
    if isinstance(only, zarr.Group):
        return _find_array(only, f"{label}/{members[0]}")
    return _Found(only)


def _dimension_letters(array: zarr.Array[Any]) -> str | None:
    """Give the axes that zarr 3 metadata names, if they are all letters."""
    names = getattr(array.metadata, "dimension_names", None)
    if not names or any(not name or len(name) != 1 for name in names):
        return None
    return "".join(names).upper()


def _chunked(array: zarr.Array[Any], label: str) -> ChunkedArray:
    shape, dtype = array.shape, np.dtype(array.dtype).newbyteorder("=")
    chunks = _gather(tuple(map(int, array.chunks)), shape)

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        starts = [k * edge for k, edge in zip(place, chunks, strict=True)]
        stops = [min(a + c, n) for a, c, n in zip(starts, chunks, shape, strict=True)]
        try:
            return np.asarray(array[tuple(map(slice, starts, stops))], dtype)
        except _ERRORS as error:
            raise SourceError(
                f"{label} is damaged: the chunk at {tuple(starts)} cannot be decoded "
                f"({_one_line(error)}). Copy or save it again."
            ) from error

    return ChunkedArray(shape, dtype, chunks, load, ChunkCache())


def _gather(chunks: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Join small chunks along the last three axes, the shortest edge first."""
    edges = list(chunks)
    axes = range(max(0, len(edges) - 3), len(edges))
    while True:
        open_axes = [k for k in axes if edges[k] < shape[k]]
        if not open_axes or 2 * np.prod(edges) > _READ_VOXELS:
            return tuple(edges)
        edges[min(open_axes, key=lambda k: edges[k])] *= 2


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
