"""Between rectangles that are drawn in a plane and boxes of voxels.

A voxel reaches half its length beyond its middle, which has a whole number. A box is
all voxels that a rectangle covers any part of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.train.data.taught_boxes import TaughtBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3

    Vertices = NDArray[np.floating]
    Span = tuple[int, int]

DEPTH = 8
"""Planes, to both sides, of a box around nothing that is painted."""

_SLACK = 1e-4
"""Of a rectangle that ends where a voxel does."""

_UPRIGHT = 0.05
"""Voxels by which nobody sees that a rectangle is turned."""


def rectangle_of(box: TaughtBox, plane: float) -> NDArray[np.float64]:
    """Give the corners of a box in a plane, (4, 3), along Z, Y, X."""
    (_, top, left), (_, bottom, right) = box.start_zyx, box.stop_zyx
    rows = (top - 0.5, top - 0.5, bottom - 0.5, bottom - 0.5)
    columns = (left - 0.5, right - 0.5, right - 0.5, left - 0.5)
    return np.stack([np.full(4, float(plane)), rows, columns], axis=1)


def spans_of(vertices: Vertices) -> tuple[Span, Span, Span]:
    """Give the voxels that a shape covers any part of: start and stop along Z, Y, X."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    starts = np.floor(low + 0.5 + _SLACK).astype(int)
    stops = np.maximum(np.ceil(high + 0.5 - _SLACK).astype(int), starts + 1)
    z, y, x = ((int(a), int(b)) for a, b in zip(starts, stops, strict=True))
    return z, y, x


def is_flat(vertices: Vertices) -> bool:
    """Whether a shape lies in one plane Z."""
    return bool(np.ptp(vertices[:, 0]) < 0.5)


def is_upright(vertices: Vertices) -> bool:
    """Whether a shape has nothing but corners along rows and columns."""
    places = vertices[:, 1:]
    low, high = places.min(axis=0), places.max(axis=0)
    away = np.minimum(places - low, high - places)
    return bool((away < _UPRIGHT).all())


def is_slip(vertices: Vertices) -> bool:
    """Whether somebody clicked and drew nothing."""
    return bool((np.ptp(vertices, axis=0) < 1).all())


def box_of(
    vertices: Vertices, planes: Span, shape: Shape3, *, held_out: bool = False
) -> TaughtBox | None:
    """Give the box of a shape; None if it holds nothing of the image.

    Parameters
    ----------
    vertices : ndarray, (N, 3)
        Along Z, Y, X, in voxels.
    planes : tuple of int
        The first and the last one.
    shape : tuple of int
        Extent of the image along Z, Y, X.
    held_out : bool
        Whether it is kept from training.
    """
    _, rows, columns = spans_of(_thick(vertices))
    spans = ((planes[0], planes[1] + 1), rows, columns)
    starts = [max(0, a) for a, _ in spans]
    stops = [min(n, b) for (_, b), n in zip(spans, shape, strict=True)]
    if any(a >= b for a, b in zip(starts, stops, strict=True)):
        return None
    (a, b, c), (d, e, f) = starts, stops
    return TaughtBox((a, b, c), (d, e, f), held_out)


def planes_drawn(vertices: Vertices, objects: NDArray[np.int64], depth: int) -> Span:
    """Say which planes a shape has that was just drawn.

    Parameters
    ----------
    vertices : ndarray, (N, 3)
        Along Z, Y, X, in voxels.
    objects : ndarray, (K, 3, 2)
        Boxes of what is painted: start and stop along Z, Y, X.
    depth : int
        Planes of the image.

    Returns
    -------
    tuple of int
        The first and the last plane: those that it was drawn across, or `planes_for`
        where it lies in one.
    """
    (start, stop), *_ = spans_of(vertices)
    if is_flat(vertices):
        plane = int(np.clip(start, 0, depth - 1))
        return planes_for(vertices, objects, plane, depth)
    first, last = max(0, start), min(depth, stop) - 1
    return min(first, depth - 1), max(last, 0)


def planes_for(
    vertices: Vertices, objects: NDArray[np.int64], plane: int, depth: int
) -> Span:
    """Say how deep a new box is.

    Parameters
    ----------
    vertices : ndarray, (N, 3)
        Of the rectangle.
    objects : ndarray, (K, 3, 2)
        Boxes of what is painted: start and stop along Z, Y, X.
    plane : int
        In which it was drawn.
    depth : int
        Planes of the image.

    Returns
    -------
    tuple of int
        The first and the last plane: those of all objects that the rectangle meets, and
        one more to each side; `DEPTH` to both sides where it meets none.
    """
    _, rows, columns = spans_of(vertices)
    met = np.ones(len(objects), bool)
    for axis, (start, stop) in ((1, rows), (2, columns)):
        met &= (objects[:, axis, 0] < stop) & (objects[:, axis, 1] > start)
    first, last = plane - DEPTH, plane + DEPTH
    if met.any():
        spans = objects[met, 0]
        first = min(plane, int(spans[:, 0].min()) - 1)
        last = max(plane, int(spans[:, 1].max()))
    return max(0, first), min(depth - 1, last)


def _thick(vertices: Vertices) -> Vertices:
    """Give what was drawn in another plane than Y, X some extent along both."""
    thin = np.ptp(vertices, axis=0) < 0.5
    if is_flat(vertices) or not thin.any():
        return vertices
    around = np.where(thin, float(DEPTH), 0.0)
    return np.concatenate([vertices - around, vertices + around])
