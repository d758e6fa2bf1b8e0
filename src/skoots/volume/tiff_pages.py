"""The pages of a TIFF as one lazy array.

A TIFF keeps a stack as pages and a page as segments (strips or tiles). Pages that are
stored as they are in memory are mapped, and a read copies only its box. All others are
decoded segment by segment and kept for a while::

    array axes    T  Z  C | Y  X        leading axes count the pages,
    chunk         1  1  1 | strip       the others lie within a page

Nothing stays open between two reads, so that a source can be kept, shared between
threads and dropped without closing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SourceError
from skoots.volume.chunked import ChunkCache, ChunkedArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tifffile import TiffFrame, TiffPage, TiffPageSeries

DECODING_ERRORS = (
    ValueError,
    RuntimeError,
    OSError,
    KeyError,
    IndexError,
    TypeError,
    ImportError,
)
"""What the decoders raise on damaged or unknown data."""


@dataclass(frozen=True, slots=True)
class _Fold:
    """How axes of the whole array correspond to axes of a page."""

    shape: tuple[int, ...]
    leading: tuple[int, ...]
    """Axes of the array that count pages."""

    within: tuple[int, ...]
    """Axes of the array that lie within a page, in the page's order."""

    def page_number(self, place: tuple[int, ...]) -> int:
        number = 0
        for axis in self.leading:
            number = number * self.shape[axis] + place[axis]
        return number

    def spread(self, of_page: tuple[int, ...]) -> tuple[int, ...]:
        """Give one number for each axis of the array, 1 for the leading ones."""
        sizes = dict(zip(self.within, of_page, strict=True))
        return tuple(sizes.get(axis, 1) for axis in range(len(self.shape)))


@dataclass(frozen=True, slots=True)
class _PageData:
    """Where the segments of a page are."""

    path: Path
    offsets: NDArray[np.int64]
    bytecounts: NDArray[np.int64]
    tables: bytes | None
    """JPEG tables, which every page may have of its own."""


def open_pages(series: TiffPageSeries, name: str) -> ChunkedArray:
    """Give the pages of a series as one array that is read on demand.

    Parameters
    ----------
    series : TiffPageSeries
        Of an open file; it may be closed afterwards.
    name : str
        Name of the volume, for messages.

    Returns
    -------
    ChunkedArray
        Of the series' shape before axes of length 1 are dropped.

    Raises
    ------
    SourceError
        If the file ends before its pages do, or pages are missing.
    """
    shape = series.get_shape(squeeze=False)
    page_shape = tuple(series.keyframe.shape)
    fold = _fold(shape, page_shape, name)
    mapped = _map_offsets(series, prod(shape) // prod(page_shape), name)
    if mapped is not None:
        return _mapped_array(series, fold, mapped, name)
    return _decoded_array(series, fold, name)


def _fold(shape: tuple[int, ...], page_shape: tuple[int, ...], name: str) -> _Fold:
    """Match the axes of a page to the last axes of the array."""
    left = list(range(len(page_shape)))
    within: list[int] = []
    for axis in reversed(range(len(shape))):
        if left and shape[axis] == page_shape[left[-1]]:
            left.pop()
            within.append(axis)
        elif shape[axis] > 1 and any(page_shape[k] > 1 for k in left):
            break
    if left:
        raise SourceError(
            f"{name} has pages of {page_shape} voxels in an array of {shape}, which "
            "this program cannot read. Save it again, as an ImageJ or OME-TIFF."
        )
    inner = tuple(reversed(within))
    return _Fold(shape, tuple(k for k in range(len(shape)) if k not in inner), inner)


def _map_offsets(
    series: TiffPageSeries, count: int, name: str
) -> list[tuple[Path, int]] | None:
    """Give where each page lies in a file, if all are stored as they are in memory."""
    nbytes = prod(series.keyframe.shape) * series.dtype.itemsize
    if series.dataoffset is not None and not series.is_multifile:
        path = _path_of(series.keyframe)
        found = [(path, series.dataoffset + k * nbytes) for k in range(count)]
    elif all(page is not None and page.is_final for page in series.pages):
        found = [(_path_of(p), p.dataoffsets[0]) for p in series.pages if p is not None]
    else:
        return None
    _check_count(len(found), count, name)
    sizes = {path: path.stat().st_size for path, _ in found[:1] + found[-1:]}
    for number, (path, offset) in enumerate(found):
        if path not in sizes:
            sizes[path] = path.stat().st_size
        _check_end(offset + nbytes, sizes[path], number, count, name)
    return found


def _mapped_array(
    series: TiffPageSeries, fold: _Fold, pages: list[tuple[Path, int]], name: str
) -> ChunkedArray:
    page_shape = tuple(series.keyframe.shape)
    dtype = series.dtype.newbyteorder(series.keyframe.parent.byteorder)
    spread = fold.spread(page_shape)

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        path, offset = pages[fold.page_number(place)]
        try:
            page = np.memmap(path, dtype, "r", offset, page_shape)
        except (OSError, ValueError) as error:
            raise SourceError(f"{name} can no longer be read: {error}") from error
        return page.reshape(spread)

    return ChunkedArray(fold.shape, dtype.newbyteorder("="), spread, load, cache=None)


def _decoded_array(series: TiffPageSeries, fold: _Fold, name: str) -> ChunkedArray:
    keyframe = series.keyframe
    count = prod(fold.shape[axis] for axis in fold.leading)
    pages = _page_data(series, count, name)
    grid = keyframe.chunked
    chunk = fold.spread((1,) * (len(grid) - len(keyframe.chunks)) + keyframe.chunks)
    decode = keyframe.decode

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        number = fold.page_number(place)
        segment = int(np.ravel_multi_index([place[k] for k in fold.within], grid))
        data = _decode(pages[number], segment, decode, (number, count), name)
        if data is None:  # a sparse file leaves out segments that are 0 throughout
            return np.zeros(chunk, series.dtype)
        return data.reshape(_with_size_of(data, fold, keyframe))

    return ChunkedArray(fold.shape, series.dtype, chunk, load, ChunkCache())


def _with_size_of(data: NDArray[Any], fold: _Fold, page: TiffPage) -> tuple[int, ...]:
    """Give the shape of a segment (depth, rows, columns, samples) in the array."""
    depth, rows, columns, samples = data.shape
    sizes = [depth] if page.imagedepth > 1 else []
    sizes += [rows, columns]
    if page.samplesperpixel > 1:
        separate = int(page.planarconfig) == 2
        sizes = [1, *sizes] if separate else [*sizes, samples]
    return fold.spread(tuple(sizes))


def _page_data(series: TiffPageSeries, count: int, name: str) -> list[_PageData]:
    """Find the segments of all pages and see that the file holds them."""
    _check_count(len(series.pages), count, name)
    segments = prod(series.keyframe.chunked)
    found: list[_PageData] = []
    sizes: dict[Path, int] = {}
    for number, page in enumerate(series.pages):
        if page is None or len(page.dataoffsets) < segments:
            raise SourceError(
                f"{name} is incomplete: page {number + 1} of {count} is missing. "
                "Copy or save the file again."
            )
        data = _locate(page)
        if data.path not in sizes:
            sizes[data.path] = data.path.stat().st_size
        end = int((data.offsets + data.bytecounts).max(initial=0))
        _check_end(end, sizes[data.path], number, count, name)
        found.append(data)
    return found


def _locate(page: TiffPage | TiffFrame) -> _PageData:
    return _PageData(
        _path_of(page),
        np.asarray(page.dataoffsets, np.int64),
        np.asarray(page.databytecounts, np.int64),
        page.jpegtables,
    )


def _path_of(page: TiffPage | TiffFrame) -> Path:
    return Path(page.parent.filehandle.path)


def _decode(
    page: _PageData,
    segment: int,
    decode: Callable[..., Any],
    place: tuple[int, int],
    name: str,
) -> NDArray[Any] | None:
    """Read and decode one segment: (depth, rows, columns, samples)."""
    size = int(page.bytecounts[segment])
    if size == 0:
        return None
    options = {} if page.tables is None else {"jpegtables": page.tables}
    try:
        with page.path.open("rb") as file:
            file.seek(int(page.offsets[segment]))
            data, _, _ = decode(file.read(size), segment, **options)
    except DECODING_ERRORS as error:
        raise SourceError(
            f"{name} is damaged: page {place[0] + 1} of {place[1]} cannot be decoded "
            f"({error}). Copy or save the file again."
        ) from error
    decoded: NDArray[Any] | None = data
    return decoded


def _check_count(found: int, count: int, name: str) -> None:
    if found < count:
        raise SourceError(
            f"{name} is incomplete: it should hold {count} pages, and page {found + 1} "
            "is missing. Copy or save the file again."
        )


def _check_end(end: int, size: int, number: int, count: int, name: str) -> None:
    if end > size:
        raise SourceError(
            f"{name} is truncated: page {number + 1} of {count} ends at byte {end}, "
            f"but the file has only {size}. Copy or save it again."
        )
