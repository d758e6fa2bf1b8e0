"""Open a TIFF as a volume: plain, BigTIFF, ImageJ or OME, without reading voxels."""

from __future__ import annotations

import logging
import struct
from contextlib import contextmanager
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING

import tifffile

from skoots.errors import SourceError
from skoots.volume.array_source import ArraySource, readable_dtype
from skoots.volume.layout import make_layout
from skoots.volume.tiff_header import check_header
from skoots.volume.tiff_metadata import tell_voxel_size
from skoots.volume.tiff_pages import open_pages
from skoots.volume.tiff_segments import DECODING_ERRORS
from skoots.volume.tiff_series import choose_series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from skoots.volume.layout import Choice

_PARSING_ERRORS = (
    *DECODING_ERRORS,
    struct.error,
    AssertionError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
_PAGES = "<tifffile.TiffPages"  # the chain of pages breaks off
_MINOR = "<TiffTag.fromfile>"  # one bad tag; a tag that is needed brings a second error


def open_tiff(path: Path, name: str, choice: Choice) -> ArraySource:
    """Open a TIFF as a volume.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What to call the volume.
    choice : Choice
        What the user says about its axes.

    Raises
    ------
    SourceError
        If it is no TIFF, is damaged or holds no grey values.
    AxesError
        If it holds several images and it is not clear which one is meant.
    """
    check_header(path)
    try:
        with _complaints() as complaints, tifffile.TiffFile(path) as file:
            source = _open(file, path, name, choice)
            found = len(file.pages)
    except SourceError:
        raise
    except _PARSING_ERRORS as error:
        # the library's words are in the traceback that --debug shows
        raise SourceError(
            f"{path} is a damaged TIFF: what it says of its images makes no sense. "
            "Copy or save the file again."
        ) from error
    minor = [text for text in complaints if text.startswith(_MINOR)]
    if any(text.startswith(_PAGES) for text in complaints):
        raise SourceError(
            f"{path} is truncated or damaged: no page can be found after page {found}. "
            "Copy or save the file again."
        )
    if len(minor) < len(complaints):
        raise SourceError(
            f"{path} is a damaged TIFF: its {found} pages do not fit together as it "
            "says. Copy or save the file again."
        ) from ValueError("; ".join(complaints))
    if not minor:
        return source
    places = "1 place" if len(minor) == 1 else f"{len(minor)} places"
    note = f"metadata of {path.name} is damaged in {places} and left out"
    return replace(source, notes=(*source.notes, note))


def _open(
    file: tifffile.TiffFile, path: Path, name: str, choice: Choice
) -> ArraySource:
    if not file.series:
        raise SourceError(f"{path} holds no image. Give a TIFF with pages.")
    series, chosen = choose_series(file.series, str(path))
    if series.transform is not None:
        raise SourceError(f"{path} holds encoded values. Save it as a plain TIFF.")
    dtype = readable_dtype(series.dtype, str(path))
    shape = series.get_shape(squeeze=False)
    letters = series.get_axes(squeeze=False)
    layout = make_layout(letters, shape, choice, str(path))
    voxel_size, notes = tell_voxel_size(file, layout.shape[0])
    array = open_pages(series, str(path))
    return ArraySource(name, path, array, layout, dtype, voxel_size, notes + chosen)


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(_one_line(record.getMessage()))


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what tifffile only logs: a chain of pages that breaks off, say."""
    messages: list[str] = []
    handler = _Collector(messages)
    here = get_ident()
    handler.addFilter(lambda record: record.thread == here)
    logger = logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
