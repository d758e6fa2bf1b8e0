"""The pages of a TIFF as one lazy array.

A TIFF keeps a stack as pages and a page as segments (strips or tiles). Pages that are
stored as they are in memory are mapped, and a read copies only its box. All others are
decoded segment by segment and kept for a while::

    array axes    T  Z  C | Y  X        leading axes count the pages,
    chunk         1  1  1 | strip       the others lie within a page

Nothing stays open or mapped between two reads, so that a source can be kept, shared
between threads and dropped without closing it, and the memory of a process does not
grow by what it has read.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SourceError
from skoots.volume.chunked import ChunkedArray
from skoots.volume.tiff_fold import check_count, check_end, fold_axes
from skoots.volume.tiff_segments import decoded_pages

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tifffile import TiffFrame, TiffPage, TiffPageSeries

    from skoots.volume.tiff_fold import Fold


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
    fold = fold_axes(shape, page_shape, name)
    mapped = _map_offsets(series, prod(shape) // prod(page_shape), name)
    if mapped is not None:
        return _mapped_array(series, fold, mapped, name)
    return decoded_pages(series, fold, name)


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
    check_count(len(found), count, name)
    sizes: dict[Path, int] = {}
    for number, (path, offset) in enumerate(found):
        if path not in sizes:
            sizes[path] = path.stat().st_size
        check_end(offset + nbytes, sizes[path], number, count, name)
    return found


def _mapped_array(
    series: TiffPageSeries, fold: Fold, pages: list[tuple[Path, int]], name: str
) -> ChunkedArray:
    page_shape = tuple(series.keyframe.shape)
    dtype = series.dtype.newbyteorder(series.keyframe.parent.byteorder)
    spread = fold.spread(page_shape)

    def load(place: tuple[int, ...]) -> NDArray[Any]:
        path, offset = pages[fold.page_number(place)]
        try:
            # a string, for numpy resolves the links of a Path anew for each page
            page = np.memmap(str(path), dtype, "r", offset, page_shape)
        except (OSError, ValueError) as error:
            raise SourceError(f"{name} can no longer be read: {error}") from error
        return page.reshape(spread)

    return ChunkedArray(fold.shape, dtype.newbyteorder("="), spread, load, cache=None)


def _path_of(page: TiffPage | TiffFrame) -> Path:
    return Path(page.parent.filehandle.path)
