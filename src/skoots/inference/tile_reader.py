"""Read what the network needs of a tile, made finite and normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.volume.resample import ResampledSource
from skoots.volume.tiling import Span, box_slices, pad_tile, plan_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.run.plan import RunPlan
    from skoots.volume.source import Source
    from skoots.volume.tiling import Block, Box, Tile

LEAST_EXTENT = 8
"""Voxels along each axis from which on a part of an image may be called constant."""


@dataclass(frozen=True, slots=True)
class TileInput:
    """What the network is asked about one tile."""

    tile: Tile

    image: NDArray[np.float32] | None
    """(Z, Y, X), normalised and padded; None if all voxels have one value."""

    non_finite: int
    """Voxels of the image in the tile's core that were infinite or undefined."""


def tiles_of(block: Block, plan: RunPlan) -> list[Tile]:
    """List the tiles of a block, as large as the plan says now."""
    core, halo, factor = plan.tile_core_zyx, plan.halo_zyx, plan.model.factor
    return list(plan_tiles(block.core, plan.shape_zyx, core, halo, factor))


def read_tile(source: Source, tile: Tile, plan: RunPlan) -> TileInput:
    """Read one tile; each voxel that is not finite becomes the mean.

    Parameters
    ----------
    source : Source
        The image on the network's grid.
    tile : Tile
        Of that grid.
    plan : RunPlan
        Holds the mean and the standard deviation of the whole run.
    """
    mean, std = plan.normalization.mean, plan.normalization.std
    grey = source.read(tile.read)
    non_finite = 0
    if grey.dtype.kind == "f":
        finite = np.isfinite(grey)
        grey = np.where(finite, grey, mean)
        non_finite = _count_non_finite(source, tile.core, finite[box_slices(tile.kept)])
    if _is_constant(grey) and _is_constant(_look_wider(source, tile, grey)):
        return TileInput(tile, None, non_finite)
    image = grey.astype(np.float32)
    image -= np.float32(mean)
    image /= np.float32(std)
    return TileInput(
        tile, np.asarray(pad_tile(image, tile.pad), np.float32), non_finite
    )


def _is_constant(grey: NDArray[Any]) -> bool:
    return bool(grey.min() == grey.max())


def _look_wider(source: Source, tile: Tile, grey: NDArray[Any]) -> NDArray[Any]:
    """Give more of the image where a tile is a sliver, in which one value says nothing.

    Without a halo the tiles at the far faces may be one voxel thick.
    """
    if min(grey.shape) >= LEAST_EXTENT:
        return grey
    z, y, x = (
        Span(max(0, span.start - LEAST_EXTENT), min(length, span.stop + LEAST_EXTENT))
        for span, length in zip(tile.read, source.shape, strict=True)
    )
    return source.read((z, y, x))


def _count_non_finite(source: Source, core: Box, finite: NDArray[np.bool_]) -> int:
    """Count voxels of the image, each once, in whichever grid the tile lies."""
    if not isinstance(source, ResampledSource):
        return int(finite.size - np.count_nonzero(finite))
    image = source.source
    if image.dtype.kind != "f":
        return 0
    z, y, x = (
        Span(span.start * n // m, span.stop * n // m)
        for span, n, m in zip(core, image.shape, source.shape, strict=True)
    )
    part = image.read((z, y, x))
    return int(part.size - np.count_nonzero(np.isfinite(part)))
