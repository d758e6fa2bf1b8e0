"""Boxes and blocks: which a box touches, with which part, and how a box grows."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box


def split_box(
    box: Box, block: Shape3
) -> Iterator[tuple[Shape3, tuple[slice, slice, slice]]]:
    """Cut a box at the seams of blocks.

    Parameters
    ----------
    box : tuple of Span
        A part of the volume.
    block : tuple of int
        Extent of a block, in voxels.

    Yields
    ------
    tuple of int
        Index of a block.
    tuple of slice
        The part of the box that lies in it, counted from the box's first voxel.

    Examples
    --------
    >>> from skoots.volume.tiling import Span
    >>> parts = split_box((Span(0, 1), Span(0, 1), Span(6, 9)), (8, 8, 8))
    >>> [(index[2], part[2]) for index, part in parts]
    [(0, slice(0, 2, None)), (1, slice(2, 3, None))]
    """
    axes = [list(_split(span, size)) for span, size in zip(box, block, strict=True)]
    for (i, z), (j, y), (k, x) in product(*axes):
        yield (i, j, k), (z, y, x)


def keep_blocks(
    voxels: NDArray[Any], box: Box, block: Shape3, kept: Container[Shape3]
) -> None:
    """Set to 0, in place, what lies in other blocks than those that are kept.

    Parameters
    ----------
    voxels : ndarray, (..., Z, Y, X)
        Of a box.
    box : tuple of Span
        Where it lies in the volume.
    block : tuple of int
        Extent of a block, in voxels.
    kept : container of index
        Indices of blocks. A block that is being predicted may hold anything.
    """
    for index, part in split_box(box, block):
        if index not in kept:
            voxels[(..., *part)] = 0


def grow_box(box: Box, radii: Shape3, shape: Shape3) -> tuple[Box, Box]:
    """Grow a box inside a volume.

    Parameters
    ----------
    box : tuple of Span
        A part of the volume.
    radii : tuple of int
        How far it grows to both sides of each axis, in voxels.
    shape : tuple of int
        Extent of the volume, in voxels.

    Returns
    -------
    Box
        The grown box, cut at the volume's faces.
    Box
        The box that was given, in the coordinates of the grown one.
    """
    grown = [
        Span(max(0, s.start - r), min(n, s.stop + r))
        for s, r, n in zip(box, radii, shape, strict=True)
    ]
    inner = [
        Span(s.start - g.start, s.stop - g.start)
        for s, g in zip(box, grown, strict=True)
    ]
    return (grown[0], grown[1], grown[2]), (inner[0], inner[1], inner[2])


def box_inside(box: Box, outer: Box) -> Box:
    """Give a box in the coordinates of one that holds it."""
    z, y, x = (
        Span(s.start - o.start, s.stop - o.start)
        for s, o in zip(box, outer, strict=True)
    )
    return z, y, x


def _split(span: Span, size: int) -> Iterator[tuple[int, slice]]:
    for number in range(span.start // size, -(-span.stop // size)):
        start = max(span.start, number * size) - span.start
        yield number, slice(start, min(span.stop, (number + 1) * size) - span.start)
