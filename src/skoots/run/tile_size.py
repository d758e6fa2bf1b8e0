"""How large a tile is: from the volume's shape and the device's total memory.

A tile costs memory for what it reads and time for what it reads twice. A fixed ladder
gives the voxels that may be read at once; among the shapes that fit, the one is taken
whose tiles read the fewest voxels of this volume. Free memory plays no part, so the
same input gives the same labels however busy the machine is.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from skoots.errors import TilingError

if TYPE_CHECKING:
    from skoots._types import Shape3

LADDER_GB = (3, 6, 12, 20, 40, 80)
"""Rungs of total device memory; a machine sold as 24 GB reports a little less."""

DEEP = (16, 32, 48, 64, 96, 128)
WIDE = (64, 96, 128, 192, 256, 384, 512)
"""Cores along Z, and along Y and X, in voxels: whole storage chunks."""

SHARE = 4
"""A tile may take one part in so many of the memory: activations of a few layers live
at once, and the reader and the writer hold a block each."""

LARGEST_TILE = 1 << 24
"""Voxels that are read at once at most: larger tiles save little reading, and a job can
be stopped, paused or redirected only between two of them."""

PUBLISHED_DEPTH = 16
"""Core of the published models along Z, in voxels: they were trained 20 planes deep and
grow worse with more."""


def choose_core(
    shape: Shape3,
    halo: Shape3,
    *,
    memory: int,
    bytes_per_voxel: int,
    factor: int,
    published: bool,
) -> Shape3:
    """Choose the part that one tile keeps.

    Parameters
    ----------
    shape : tuple of int
        Extent of the volume along Z, Y, X, in voxels.
    halo : tuple of int
        Along Z, Y, X, in voxels.
    memory : int
        Of the device in all, in bytes.
    bytes_per_voxel : int
        What the network needs at its peak for each voxel that it reads.
    factor : int
        How much the network shrinks its input: a core is a multiple of it.
    published : bool
        Whether the model is of the published kind.

    Returns
    -------
    tuple of int
        Along Z, Y, X, in voxels.
    """
    budget = _budget(memory, bytes_per_voxel)
    deep = [_on_grid(z, factor) for z in ((PUBLISHED_DEPTH,) if published else DEEP)]
    wide = [_on_grid(y, factor) for y in WIDE]
    sizes = list(product(deep, wide))
    fitting = [
        (z, y, y) for z, y in sizes if _read_at_once(shape, (z, y, y), halo) <= budget
    ] or [(deep[0], wide[0], wide[0])]
    return min(fitting, key=lambda core: (_read_in_all(shape, core, halo), core))


def shrink_core(core: Shape3, factor: int) -> Shape3 | None:
    """Halve a core along its longest axis, on the network's grid.

    Returns
    -------
    tuple of int or None
        None when it cannot be halved any more.

    Examples
    --------
    >>> shrink_core((16, 256, 256), 8)
    (16, 128, 256)
    >>> shrink_core((8, 8, 8), 8) is None
    True
    """
    axis = max(range(3), key=lambda a: core[a])
    half = core[axis] // 2 // factor * factor
    if half < factor:
        return None
    z, y, x = (half if a == axis else size for a, size in enumerate(core))
    return z, y, x


def fit_core(
    core: Shape3,
    shape: Shape3,
    halo: Shape3,
    *,
    memory: int,
    bytes_per_voxel: int,
    factor: int,
) -> Shape3:
    """Halve a core until its tile fits, or as often as it can be halved.

    Parameters
    ----------
    core, shape, halo : tuple of int
        Of a tile, the volume and the margin, along Z, Y, X, in voxels.
    memory, bytes_per_voxel, factor : int
        As in `choose_core`.

    Examples
    --------
    >>> size = {"memory": 12 * 10**9, "bytes_per_voxel": 256, "factor": 8}
    >>> fit_core((96, 256, 256), (500, 500, 500), (16, 32, 32), **size)
    (96, 128, 256)
    """
    budget = _budget(memory, bytes_per_voxel)
    while _read_at_once(shape, core, halo) > budget:
        smaller = shrink_core(core, factor)
        if smaller is None:
            break
        core = smaller
    return core


def core_of_tile(tile: Shape3, halo: Shape3, factor: int) -> Shape3:
    """Take the halo off what the user wants the network to read.

    Raises
    ------
    TilingError
        If tile or halo are off the network's grid or nothing is left to keep.
    """
    check_grid("halo", halo, factor, least=0)
    for axis, size, margin in zip("ZYX", tile, halo, strict=True):
        least = 2 * margin + factor
        if size % factor or size < least:
            raise TilingError(
                f"A tile of {size} voxels along {axis} with a halo of {margin} on both "
                f"sides does not work. Use a multiple of {factor}, at least {least}."
            )
    z, y, x = (size - 2 * margin for size, margin in zip(tile, halo, strict=True))
    return z, y, x


def halo_within(tile: Shape3, halo: Shape3, factor: int) -> Shape3:
    """Give the usual halo, or what of it a small tile leaves room for.

    Examples
    --------
    >>> halo_within((32, 128, 128), (16, 32, 32), 8)
    (8, 32, 32)
    """
    z, y, x = (
        max(0, min(margin, (size - factor) // 2 // factor * factor))
        for size, margin in zip(tile, halo, strict=True)
    )
    return z, y, x


def check_grid(name: str, sizes: Shape3, factor: int, *, least: int) -> None:
    """Refuse sizes that are off the network's grid.

    Raises
    ------
    TilingError
        That says which, along which axis, and what would do.
    """
    for axis, size in zip("ZYX", sizes, strict=True):
        if size < least or size % factor:
            raise TilingError(
                f"A {name} of {size} voxels along {axis} is off the network's grid. "
                f"Use a multiple of {factor}, at least {least}."
            )


def to_grid(sizes: Shape3, factor: int) -> Shape3:
    """Round sizes up to the network's grid."""
    z, y, x = (_on_grid(size, factor) for size in sizes)
    return z, y, x


def _on_grid(size: int, factor: int) -> int:
    return -(-size // factor) * factor


def _budget(memory: int, bytes_per_voxel: int) -> float:
    """Give the voxels that may be read at once."""
    rung = max((r for r in LADDER_GB if r * 0.9e9 <= memory), default=2)
    return min(rung * 1e9 / SHARE / bytes_per_voxel, LARGEST_TILE)


def _read_at_once(shape: Shape3, core: Shape3, halo: Shape3) -> int:
    return math.prod(
        min(n, c + 2 * h) for n, c, h in zip(shape, core, halo, strict=True)
    )


def _read_in_all(shape: Shape3, core: Shape3, halo: Shape3) -> int:
    return math.prod(_read_along(*axis) for axis in zip(shape, core, halo, strict=True))


def _read_along(length: int, core: int, halo: int) -> int:
    """Voxels that the tiles of one axis read, those at the faces less."""
    starts = range(0, length, core)
    return sum(min(length, s + core + halo) - max(0, s - halo) for s in starts)
