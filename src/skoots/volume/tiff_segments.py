"""Compressed pages of a TIFF: strips and tiles are decoded when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SourceError
from skoots.volume.chunked import ChunkCache, ChunkedArray
from skoots.volume.tiff_fold import check_count, check_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tifffile import TiffFrame, TiffPage, TiffPageSeries

    from skoots.volume.tiff_fold import Fold

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

_READ_BYTES = 1 << 18
"""Small strips are decoded together, up to so many bytes: many files have one a row."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Where the segments of a page are."""

    path: Path
    offsets: NDArray[np.int64]
    bytecounts: NDArray[np.int64]
    tables: bytes | None
    """JPEG tables, which every page may have of its own."""

    label: str
    """How messages call it."""


def decoded_pages(series: TiffPageSeries, fold: Fold, name: str) -> ChunkedArray:
    """Give compressed pages as an array whose segments are decoded on demand.

    Parameters
    ----------
    series : TiffPageSeries
        Of an open file; it may be closed afterwards.
    fold : Fold
        How a page lies in the array.
    name : str
        Name of the volume, for messages.

    Raises
    ------
    SourceError
        If pages are missing or the file ends before they do.
    """
    keyframe = series.keyframe
    pages = _find_pages(series, prod(fold.shape[axis] for axis in fold.leading), name)
    grid = keyframe.chunked
    single = (1,) * (len(grid) - len(keyframe.chunks)) + keyframe.chunks
    rows = _row_axis(keyframe)
    joined = _strips_to_join(keyframe, series.dtype.itemsize)
    chunk = tuple(n * joined if k == rows else n for k, n in enumerate(single))
    decode = keyframe.decode

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        page = pages[fold.page_number(place)]
        inner = [place[axis] for axis in fold.within]
        first = inner[rows] * joined
        parts = []
        for row in range(first, min(first + joined, grid[rows])):
            inner[rows] = row
            segment = int(np.ravel_multi_index(inner, grid))
            data = _decode(page, segment, decode)
            if data is None:  # a sparse file leaves out segments that are 0 throughout
                parts.append(np.zeros(fold.spread(single), series.dtype))
            else:
                parts.append(data.reshape(_shape_in_array(data, fold, keyframe)))
        return parts[0] if joined == 1 else np.concatenate(parts, fold.within[rows])

    return ChunkedArray(
        fold.shape, series.dtype, fold.spread(chunk), load, ChunkCache()
    )


def _row_axis(page: TiffPage) -> int:
    """Give the axis of a page that counts its rows."""
    contiguous_samples = page.samplesperpixel > 1 and int(page.planarconfig) == 1
    return len(page.chunked) - (3 if contiguous_samples else 2)


def _strips_to_join(page: TiffPage, itemsize: int) -> int:
    if page.is_tiled:
        return 1
    nbytes = max(1, prod(page.chunks) * itemsize)
    return min(max(1, _READ_BYTES // nbytes), page.chunked[_row_axis(page)])


def _shape_in_array(data: NDArray[Any], fold: Fold, page: TiffPage) -> tuple[int, ...]:
    """Give the shape of a segment (depth, rows, columns, samples) in the array."""
    depth, rows, columns, samples = data.shape
    sizes = [depth] if page.imagedepth > 1 else []
    sizes += [rows, columns]
    if page.samplesperpixel > 1:
        separate = int(page.planarconfig) == 2
        sizes = [1, *sizes] if separate else [*sizes, samples]
    return fold.spread(tuple(sizes))


def _find_pages(series: TiffPageSeries, count: int, name: str) -> list[_Page]:
    """Find the segments of all pages and see that the files hold them."""
    check_count(len(series.pages), count, name)
    segments = prod(series.keyframe.chunked)
    found: list[_Page] = []
    sizes: dict[Path, int] = {}
    for number, page in enumerate(series.pages):
        if page is None or len(page.dataoffsets) < segments:
            check_count(number, count, name)
            continue
        data = _locate(page, f"page {number + 1} of {count} of {name}")
        if data.path not in sizes:
            sizes[data.path] = data.path.stat().st_size
        end = int((data.offsets + data.bytecounts).max(initial=0))
        check_end(end, sizes[data.path], number, count, name)
        found.append(data)
    return found


def _locate(page: TiffPage | TiffFrame, label: str) -> _Page:
    return _Page(
        Path(page.parent.filehandle.path),
        np.asarray(page.dataoffsets, np.int64),
        np.asarray(page.databytecounts, np.int64),
        page.jpegtables,
        label,
    )


def _decode(
    page: _Page, segment: int, decode: Callable[..., Any]
) -> NDArray[Any] | None:
    """Read and decode one segment: (depth, rows, columns, samples)."""
    size = int(page.bytecounts[segment])
    if size == 0:
        return None
    options = {} if page.tables is None else {"jpegtables": page.tables}
    try:
        with page.path.open("rb") as file:
            file.seek(int(page.offsets[segment]))
            decoded: NDArray[Any] | None = decode(file.read(size), segment, **options)[
                0
            ]
    except DECODING_ERRORS as error:
        raise SourceError(
            f"{page.label} is damaged and cannot be decoded ({error}). "
            "Copy or save the file again."
        ) from error
    return decoded
