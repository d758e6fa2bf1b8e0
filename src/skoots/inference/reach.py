"""How much around a block has to be read for its walks to stay inside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from skoots.volume.tiling import Span, box_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box

SMALL_REGION = 1 << 21
"""Voxels, some 20 MB: around a small block so many may be read."""


def landing_box(
    vectors: NDArray[np.int8],
    scale: tuple[float, float, float],
    box: Box,
    shape: Shape3,
) -> Box:
    """Give the smallest box that holds a box and where its vectors point.

    Parameters
    ----------
    vectors : ndarray, (3, Z, Y, X), int8
        Of the box, as stored; 0 where nobody walks.
    scale : tuple of float
        Voxels per stored unit, along Z, Y, X.
    box : tuple of Span
        A part of the volume.
    shape : tuple of int
        Extent of the volume, at whose faces walks are held.

    Examples
    --------
    >>> vectors = np.zeros((3, 1, 1, 4), np.int8)
    >>> vectors[2, 0, 0, 1:3] = -20, 3
    >>> box = (Span(0, 1), Span(0, 1), Span(10, 14))
    >>> landing_box(vectors, (0.1, 0.1, 0.1), box, (1, 1, 99))[2]
    Span(start=9, stop=14)
    """
    z, y, x = (
        _landing_span(along, axis, scale[axis], box[axis], shape[axis])
        for axis, along in enumerate(vectors)
    )
    return z, y, x


def _landing_span(
    along: NDArray[np.int8], axis: int, scale: float, span: Span, size: int
) -> Span:
    # the farthest voxel that is pointed at from each plane, and then from all planes
    others = tuple(a for a in range(3) if a != axis)
    planes = np.arange(span.start, span.stop)
    low = planes + np.rint(along.min(axis=others) * np.float32(scale))
    high = planes + np.rint(along.max(axis=others) * np.float32(scale))
    start = min(span.start, max(0, int(low.min())))
    return Span(start, max(span.stop, min(size, int(high.max()) + 1)))


def limit_region(region: Box, box: Box) -> Box:
    """Cut a region around a box down to what memory allows.

    Parameters
    ----------
    region, box : tuple of Span
        The region holds the box.

    Returns
    -------
    Box
        At most twice the box or `SMALL_REGION`, whatever is more; all margins are
        shortened alike.
    """
    most = largest_region(box_shape(box))
    share, cut = 16, region
    while math.prod(box_shape(cut)) > most:
        share -= 1
        z, y, x = (
            Span(
                inner.start - (inner.start - outer.start) * share // 16,
                inner.stop + (outer.stop - inner.stop) * share // 16,
            )
            for inner, outer in zip(box, region, strict=True)
        )
        cut = (z, y, x)
    return cut


def largest_region(extent: Shape3) -> int:
    """Give how many voxels `limit_region` leaves around a box of this extent."""
    return max(2 * math.prod(extent), SMALL_REGION)
