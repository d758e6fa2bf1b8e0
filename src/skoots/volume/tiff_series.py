"""Which pages of a TIFF make up the volume.

Software that writes a stack page by page may leave each page as an image of its own::

    series of the file              what is read
    one                             it
    single pages, all alike         all of them, as the planes of one volume
    one, others half as big or less the first; the others are thumbnails
    anything else                   nothing: someone has to choose
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from tifffile import TiffPageSeries

from skoots.errors import AxesError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LISTED = 8
"""A message lists so many images at most."""


def choose_series(
    series: Sequence[TiffPageSeries], name: str
) -> tuple[TiffPageSeries, tuple[str, ...]]:
    """Choose or make the one series that is the volume.

    Parameters
    ----------
    series : sequence of TiffPageSeries
        All of the file, at least one.
    name : str
        Name of the volume, for messages.

    Returns
    -------
    series : TiffPageSeries
        The volume.
    notes : tuple of str
        What the user should be told about the choice.

    Raises
    ------
    AxesError
        If it is not clear which of several images is meant.
    """
    first, *others = series
    if not others:
        return first, ()
    if _is_stack(series):
        note = f"{len(series)} single pages in the file are read as the planes along Z"
        return _stack(series), (note,)
    if all(2 * prod(other.shape) <= prod(first.shape) for other in others):
        return first, (f"{len(series)} series in the file: the first is read",)
    listed = ", ".join(" x ".join(map(str, s.shape)) for s in series[:_LISTED])
    more = f" and {len(series) - _LISTED} more" if len(series) > _LISTED else ""
    raise AxesError(
        f"{name} holds {len(series)} images, and which one is meant is not clear: "
        f"{listed}{more}. Save the volume as one stack in a file of its own."
    )


def _is_stack(series: Sequence[TiffPageSeries]) -> bool:
    first = series[0]
    return all(
        len(one) == 1
        and one.keyframe.imagedepth == 1
        and one.transform is None
        and one.dtype == first.dtype
        # equal hashes: of one shape, and decoded in the same way
        and one.keyframe.hash == first.keyframe.hash
        for one in series
    )


def _stack(series: Sequence[TiffPageSeries]) -> TiffPageSeries:
    page = series[0].keyframe
    return TiffPageSeries(
        [one.keyframe for one in series],
        (len(series), *page.shape),
        series[0].dtype,
        f"Z{page.axes}",
    )
