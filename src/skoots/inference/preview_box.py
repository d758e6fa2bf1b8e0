"""Where a preview lies: how large, around which point, and where in the image.

All on the network's grid: a box starts at a multiple of the network's factor, as the
tiles of a run do, for off that grid a network gives other answers.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from skoots.run.tile_size import PUBLISHED_DEPTH
from skoots.volume.resample import nearest_indices
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box, Tile

DEEPEST, WIDEST = 96, 512
"""The largest box that is chosen where nobody says how large, in voxels."""


def choose_extent(
    voxels: float, shape: Shape3, halo: Shape3, *, factor: int, published: bool
) -> Shape3:
    """Choose how large a box is, so that no more voxels are read for it than wanted.

    Wide boxes go before deep ones: a viewer shows one plane. The smallest box is given
    if even that reads more.

    Parameters
    ----------
    voxels : float
        That may be read.
    shape : tuple of int
        Extent of the network's grid along Z, Y, X, in voxels.
    halo : tuple of int
        What is read around the box, in voxels.
    factor : int
        Of the network: an extent is a multiple of it.
    published : bool
        Whether the model is of the published kind, which wants flat tiles.

    Examples
    --------
    >>> size = {"factor": 8, "published": False}
    >>> choose_extent(2e6, (500, 500, 500), (16, 32, 32), **size)
    (16, 136, 136)
    >>> choose_extent(2e6, (1, 2000, 2000), (16, 32, 32), **size)
    (8, 432, 432)
    """
    deepest = min(PUBLISHED_DEPTH if published else DEEPEST, _up(shape[0], factor))
    widest = min(WIDEST, _up(max(shape[1:]), factor))
    deep = range(min(PUBLISHED_DEPTH, deepest), deepest + 1, factor)
    wide = range(min(64, widest), widest + 1, factor)
    sizes = [(z, y, y) for z, y in product(deep, wide)]
    fitting = [s for s in sizes if _read_voxels(s, shape, halo, factor) <= voxels]
    return max(fitting or sizes[:1], key=lambda s: (s[1] ** 2 * math.sqrt(s[0]), s))


def box_around(
    point: Sequence[float], extent: Shape3, shape: Shape3, factor: int
) -> Box:
    """Give a box of the network's grid around a point, pushed into the volume.

    Parameters
    ----------
    point : sequence of float
        Z, Y, X in voxels of the grid; a point outside counts as the nearest inside.
    extent : tuple of int
        In voxels; rounded up to the network's grid.
    shape : tuple of int
        Of the grid.
    factor : int
        Of the network.

    Returns
    -------
    Box
        That starts on the network's grid; shorter at the far face.

    Examples
    --------
    >>> box_around((99, 50, -3), (16, 16, 16), (100, 100, 100), 8)[0]
    Span(start=88, stop=100)
    >>> box_around((99, 50, -3), (16, 16, 16), (100, 100, 100), 8)[1:]
    (Span(start=40, stop=56), Span(start=0, stop=16))
    """
    z, y, x = (
        _span_around(p, _up(size, factor), n, factor)
        for p, size, n in zip(point, extent, shape, strict=True)
    )
    return z, y, x


def keep_rim(tile: Tile, core: Box) -> Box:
    """Give what to keep of a tile: its core, and its halo where that leaves the box.

    Parameters
    ----------
    tile : Tile
        One of those that cover a box.
    core : tuple of Span
        The box.
    """
    z, y, x = (
        Span(
            read.start if kept.start == whole.start else kept.start,
            read.stop if kept.stop == whole.stop else kept.stop,
        )
        for read, kept, whole in zip(tile.read, tile.core, core, strict=True)
    )
    return z, y, x


def places_on_image(
    core: Box, grid: Shape3, image: Shape3
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], Box]:
    """Give the voxels of the image that lie in a box of the network's grid.

    Parameters
    ----------
    core : tuple of Span
        A part of the grid.
    grid, image : tuple of int
        Extent of both, in voxels.

    Returns
    -------
    tuple of ndarray, int64
        Along each axis, the voxel of the grid that each of them takes its label from.
    Box
        Where they lie in the image.
    """
    picked, spans = [], []
    for span, n, m in zip(core, grid, image, strict=True):
        nearest = nearest_indices(m, n)
        start, stop = nearest.searchsorted([span.start, span.stop])
        picked.append(nearest[start:stop])
        spans.append(Span(int(start), int(stop)))
    return (picked[0], picked[1], picked[2]), (spans[0], spans[1], spans[2])


def _span_around(point: float, size: int, length: int, factor: int) -> Span:
    latest = max(0, _up(length - size, factor))
    # the middle as near as can be, and the point never outside
    start = math.floor((point - size / 2) / factor + 0.5) * factor
    start = min(max(start, 0), latest)
    return Span(start, min(start + size, length))


def _read_voxels(size: Shape3, shape: Shape3, halo: Shape3, factor: int) -> int:
    return math.prod(
        min(s + 2 * h, _up(n, factor))
        for s, n, h in zip(size, shape, halo, strict=True)
    )


def _up(size: int, factor: int) -> int:
    return -(-size // factor) * factor
