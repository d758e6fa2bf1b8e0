"""A part of the image that is to be segmented, and the blocks that it touches."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Sized
from typing import TYPE_CHECKING, TypeAlias

from skoots.errors import RunError

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.volume.tiling import Box

Region: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Start and stop along Z, Y, X, in voxels of the image."""


def check_region(region: Region | None, shape: Shape3) -> None:
    """Refuse a region that does not lie in the image.

    Parameters
    ----------
    region : tuple of (start, stop), optional
        Along Z, Y, X, in voxels of the image; None is all of it.
    shape : tuple of int
        Extent of the image, in voxels.

    Raises
    ------
    RunError
        That names the axis and the image's extent.
    """
    if region is None:
        return
    if not _is_box(region):
        raise RunError(
            f"The region {region} is no box. Give (start, stop) along Z, Y and X, such "
            "as ((0, 16), (0, 256), (0, 256))."
        )
    for axis, (start, stop), length in zip("ZYX", region, shape, strict=True):
        if not 0 <= start < stop <= length:
            raise RunError(
                f"The region {start}:{stop} along {axis} does not lie in the image, "
                f"which is {length} voxels long there. Choose a part of 0:{length}."
            )


def _is_box(region: object) -> bool:
    return (
        isinstance(region, Collection)
        and len(region) == 3
        and all(isinstance(pair, Sized) and len(pair) == 2 for pair in region)
    )


def on_grid(region: Region, image: Shape3, grid: Shape3) -> list[tuple[float, float]]:
    """Give a region of the image in voxels of the network's grid.

    Examples
    --------
    >>> on_grid(((0, 3), (2, 8), (0, 8)), (4, 8, 8), (4, 4, 16))
    [(0.0, 3.0), (1.0, 4.0), (0.0, 16.0)]
    """
    zooms = [m / n for m, n in zip(grid, image, strict=True)]
    return [
        (start * zoom, stop * zoom)
        for (start, stop), zoom in zip(region, zooms, strict=True)
    ]


def touches(box: Box, bounds: Sequence[tuple[float, float]]) -> bool:
    """Whether a box shares voxels with what lies between bounds along Z, Y, X."""
    return all(
        span.start < stop and start < span.stop
        for span, (start, stop) in zip(box, bounds, strict=True)
    )
