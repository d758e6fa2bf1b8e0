"""What a model finds in a part of an example, on the grid that it was taught on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from skoots.inference.preview import SECONDS, preview
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.volume.array_source import ArraySource
from skoots.volume.axes import triple_to_zyx

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.inference.preview import Preview
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.example import Example
    from skoots.teach.record import Region, TeachRecord
    from skoots.volume.source import Source


@dataclass(frozen=True, slots=True)
class Found:
    """What a model finds in a box."""

    labels: NDArray[np.uint32]
    """(Z, Y, X), on the image's grid."""

    unassigned: float | None
    """Share of the foreground that no object has; None without any."""


def grid_wish(model: Checkpoint, shape: Shape3, grid: Shape3) -> dict[str, Any]:
    """Say to `preview` or `segment` on which grid a model shall work.

    Parameters
    ----------
    model : Checkpoint
        One that a training began with, or made.
    shape, grid : tuple of int
        Of the image, and of it as the training saw it, along Z, Y, X.

    Returns
    -------
    dict
        ``resample`` or ``diameter``.
    """
    if grid == shape or model.object_diameter is None:
        return {"resample": False}
    return {"diameter": model.object_diameter * shape[1] / grid[1]}


def image_as_taught(example: Example, record: TeachRecord) -> Source:
    """Open the image of an example as the training knows it.

    Its voxel size may have been typed since, and how deep a voxel is decides on the
    grid.

    Parameters
    ----------
    example : Example
        One that was taught.
    record : TeachRecord
        What the training was begun with.

    Raises
    ------
    SkootsError
        If it is gone, or another one by now.
    """
    image = example.image()
    if not isinstance(image, ArraySource) or example.name not in record.voxel_sizes:
        return image
    return replace(image, voxel_size=record.voxel_sizes[example.name])


def needed_wish(
    model: Checkpoint, shape: Shape3, voxel_size: VoxelSize | None, grid: Shape3
) -> dict[str, Any]:
    """Say the same where `segment` would not choose that grid by itself.

    It does not where objects are much smaller than those of the model, which costs
    many times the voxels, or where a size was typed that voxel sizes do not say.

    Parameters
    ----------
    model, shape, grid
        As those of `grid_wish`.
    voxel_size : tuple of float or None
        Of the image along Z, Y, X, in micrometres.

    Returns
    -------
    dict
        ``resample``, ``diameter`` or nothing.
    """
    usual = grid_shape(shape, voxel_size, model, Wishes())
    return {} if usual == grid else grid_wish(model, shape, grid)


def find_in_box(
    image: Source, model: Checkpoint, box: Region, grid: Shape3, device: str
) -> Generator[Event, None, Found]:
    """Segment one box of an image, with what surrounds it.

    Parameters
    ----------
    image : Source
        The whole image.
    model : Checkpoint
        What is to segment it.
    box : tuple of tuple of int
        Start and stop along Z, Y, X, in voxels of the image.
    grid : tuple of int
        Extent of the image as the training saw it.
    device : str
        Where the network runs.

    Yields
    ------
    StageStarted, BlockDone, Notice
        Of `skoots.inference.preview`.

    Returns
    -------
    Found
    """
    point = [(start + stop) / 2 for start, stop in box]
    size = _with_rim(model, box, image.shape, grid)
    wish = grid_wish(model, image.shape, grid)
    seen = yield from preview(image, model, point, size_zyx=size, device=device, **wish)
    z, y, x = (
        slice(start - low, stop - low)
        for (start, stop), (low, _) in zip(box, seen.box_zyx, strict=True)
    )
    share = unassigned(seen.labels[z, y, x], seen.probability[z, y, x], model)
    return Found(seen.labels[z, y, x], share)


def look_around(
    image: Source,
    model: Checkpoint,
    point: tuple[float, float, float],
    grid: Shape3,
    device: str,
    *,
    pace: float,
    seconds: float,
) -> Generator[Event, None, Preview]:
    """Segment as much around a point as can be done in so many seconds.

    Parameters
    ----------
    image, model, grid, device
        As those of `find_in_box`.
    point : tuple of float
        Along Z, Y, X, in voxels of the image.
    pace : float
        Seconds that the network takes for each voxel that it reads.
    seconds : float
        That it may take.

    Yields
    ------
    Event

    Returns
    -------
    Preview
    """
    wish = grid_wish(model, image.shape, grid)
    slower = pace * SECONDS / seconds  # as if it should take as long as any preview
    return (yield from preview(image, model, point, device=device, pace=slower, **wish))


def unassigned(
    labels: NDArray[np.uint32], probability: NDArray[np.uint8], model: Checkpoint
) -> float | None:
    """Give the share of the foreground that no object has.

    Parameters
    ----------
    labels : ndarray, (Z, Y, X), uint32
        What a model finds.
    probability : ndarray, (Z, Y, X), uint8
        How surely a voxel belongs to an object; 255 is certain.
    model : Checkpoint
        Whose threshold it must reach.

    Returns
    -------
    float or None
        From 0 to 1; None where there is no foreground.
    """
    inside = probability >= model.config.INFERENCE.PROBABILITY_THRESHOLD * 255
    voxels = int(inside.sum())
    return float((inside & (labels == 0)).sum() / voxels) if voxels else None


def _with_rim(model: Checkpoint, box: Region, shape: Shape3, grid: Shape3) -> Shape3:
    """Give the extent of a box with what its objects may point at.

    Half of the vectors' length around it, as validation has it; and a step of the
    network's grid, onto which the box is moved.
    """
    factor = model.network.factor
    reach = triple_to_zyx(model.config.SKOOTS.VECTOR_SCALING)
    sizes = []
    for (start, stop), vector, halo, n, m in zip(
        box, reach, model.halo_zyx, shape, grid, strict=True
    ):
        around = max(math.ceil(vector / 2) - halo, 0) + factor
        sizes.append(stop - start + math.ceil(2 * around * n / m))
    return sizes[0], sizes[1], sizes[2]
