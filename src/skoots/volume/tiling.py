"""Cut a volume into blocks that are written and tiles that the network reads.

A network sees too little at the rim of a tile, so a tile is *read* with a halo and
*kept* without it::

    block  |                     |                     |   written, marked done
    core   |          |          |          |          |   kept by one tile
    read         |-----[    ]-----|                        read for one tile

The cores of all tiles of a block cover it exactly once, and so do the blocks of a
volume. A block is fixed for a run; when memory is short only its tiles shrink.

Everything lies on one grid. A network that halves its input three times gives another
answer to a tile that starts off its grid of 8, even at the tile's centre; so cores and
halos are multiples of that factor, counted from voxel 0, and no tile is pushed back at
the far face: its read is padded there instead, by reflection.

All triples are in the order Z, Y, X.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from skoots.errors import TilingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots._types import Shape3

CHUNK_LIMIT: Shape3 = (16, 256, 256)
"""The largest storage chunk, in voxels; a megavoxel compresses well and reads fast."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open run of voxels along one axis.

    Examples
    --------
    >>> Span(2, 5).size
    3
    >>> "tile"[Span(1, 3).slice]
    'il'
    """

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of voxels."""
        return self.stop - self.start

    @property
    def slice(self) -> slice:
        """The same run, to index an array with."""
        return slice(self.start, self.stop)


Box: TypeAlias = tuple[Span, Span, Span]
"""A part of a volume: one span for each of its axes."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is written and marked done at once: whole storage chunks."""

    index: Shape3
    """Its place in the grid of blocks."""

    core: Box
    """The voxels that it alone writes, in the volume's coordinates."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One piece of work: where to read, how to pad it, and which part to keep."""

    read: Box
    """What is read, in the volume's coordinates; never outside the volume."""

    pad: Shape3
    """Voxels to add behind the read, so that its size is a multiple of the factor."""

    core: Box
    """What this tile alone keeps, in the volume's coordinates."""

    @property
    def kept(self) -> Box:
        """The core in the coordinates of what was read."""
        z, y, x = (
            Span(core.start - read.start, core.stop - read.start)
            for core, read in zip(self.core, self.read, strict=True)
        )
        return z, y, x


def whole(shape: Shape3) -> Box:
    """Give the box of a whole volume.

    Examples
    --------
    >>> whole((1, 2, 3))[2]
    Span(start=0, stop=3)
    """
    return Span(0, shape[0]), Span(0, shape[1]), Span(0, shape[2])


def box_shape(box: Box) -> Shape3:
    """Give the extent of a box, in voxels."""
    return box[0].size, box[1].size, box[2].size


def box_slices(box: Box) -> tuple[slice, slice, slice]:
    """Give the three slices that cut a box out of an array."""
    return box[0].slice, box[1].slice, box[2].slice


def plan_blocks(shape: Shape3, core: Shape3) -> list[Block]:
    """List the blocks that cover a volume, the last axis fastest.

    Parameters
    ----------
    shape : tuple of int
        Extent of the volume, in voxels.
    core : tuple of int
        Extent of a block, in voxels; the last one of an axis may be smaller.

    Raises
    ------
    TilingError
        If a block has no extent.

    Examples
    --------
    >>> [b.core[0] for b in plan_blocks((20, 1, 1), (16, 8, 8))]
    [Span(start=0, stop=16), Span(start=16, stop=20)]
    """
    _check_grid("block", core, 1, 1)
    axes = [list(_cut(Span(0, n), c)) for n, c in zip(shape, core, strict=True)]
    return [
        Block((i, j, k), (z, y, x))
        for (i, z), (j, y), (k, x) in product(*map(enumerate, axes))
    ]


def plan_tiles(
    block: Box, shape: Shape3, core: Shape3, halo: Shape3, factor: int = 8
) -> Iterator[Tile]:
    """Yield the tiles that cover a block, the last axis fastest.

    Parameters
    ----------
    block : tuple of Span
        The part of the volume to cover; it starts on the network's grid. `whole(shape)`
        covers the volume.
    shape : tuple of int
        Extent of the volume, in voxels.
    core : tuple of int
        Extent that one tile keeps, in voxels; multiples of `factor`.
    halo : tuple of int
        Margin around a core that is read and not kept, in voxels; multiples of
        `factor`. At the volume's faces there is nothing to read and none is.
    factor : int
        How much the network shrinks its input at its coarsest level.

    Raises
    ------
    TilingError
        If a core, a halo or the block's start is off the network's grid.

    Examples
    --------
    >>> tiles = list(plan_tiles(whole((20, 1, 1)), (20, 1, 1), (8, 8, 8), (8, 0, 0)))
    >>> [t.core[0] for t in tiles]
    [Span(start=0, stop=8), Span(start=8, stop=16), Span(start=16, stop=20)]
    >>> [t.pad[0] for t in tiles]
    [0, 4, 4]
    """
    _check_grid("core", core, factor, factor)
    _check_grid("halo", halo, 0, factor)
    z, y, x = block
    _check_grid("block start", (z.start, y.start, x.start), 0, factor)
    axes = (
        list(_split_axis(*axis, factor))
        for axis in zip(block, shape, core, halo, strict=True)
    )
    for a, b, c in product(*axes):
        yield Tile(
            read=(a.read, b.read, c.read),
            pad=(a.pad, b.pad, c.pad),
            core=(a.core, b.core, c.core),
        )


def pad_tile(array: NDArray[np.generic], pad: Shape3) -> NDArray[np.generic]:
    """Add voxels behind a tile by reflection, or by its edge below two voxels.

    Parameters
    ----------
    array : ndarray, (..., Z, Y, X)
        What a tile read.
    pad : tuple of int
        Voxels to add behind each axis.

    Examples
    --------
    >>> pad_tile(np.array([[[1, 2, 3]]]), (0, 1, 2)).tolist()
    [[[1, 2, 3, 2, 1], [1, 2, 3, 2, 1]]]
    """
    for axis, extra in zip((-3, -2, -1), pad, strict=True):
        if extra:
            widths = [(0, 0)] * array.ndim
            widths[axis] = (0, extra)
            if array.shape[axis] < 2:
                array = np.pad(array, widths, mode="edge")
            else:
                array = np.pad(array, widths, mode="reflect")
    return array


def chunk_shape(core: Shape3) -> Shape3:
    """Give the storage chunk of a block: its largest divisors up to 16 x 256 x 256.

    Examples
    --------
    >>> chunk_shape((96, 256, 320))
    (16, 256, 160)
    """
    z, y, x = map(largest_divisor, core, CHUNK_LIMIT)
    return z, y, x


def largest_divisor(number: int, limit: int) -> int:
    """Give the largest divisor of a number that is no larger than a limit.

    Examples
    --------
    >>> largest_divisor(40, 16)
    10
    """
    return next(d for d in range(min(number, limit), 0, -1) if number % d == 0)


class _Piece(NamedTuple):
    read: Span
    pad: int
    core: Span


def _check_grid(name: str, sizes: Shape3, least: int, factor: int) -> None:
    for axis, size in zip("ZYX", sizes, strict=True):
        if size < least or size % factor:
            raise TilingError(
                f"A {name} of {size} voxels along {axis} is off the network's grid. "
                f"Use a multiple of {factor}, at least {least}."
            )


def _cut(span: Span, size: int) -> Iterator[Span]:
    for start in range(span.start, span.stop, size):
        yield Span(start, min(start + size, span.stop))


def _split_axis(
    block: Span, length: int, core: int, halo: int, factor: int
) -> Iterator[_Piece]:
    for kept in _cut(block, core):
        read = Span(max(0, kept.start - halo), min(length, kept.stop + halo))
        yield _Piece(read, -read.size % factor, kept)
