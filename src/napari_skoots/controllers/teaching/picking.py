"""Which object of which layer the user points at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.controllers.teaching.painted_layer import is_teaching
from napari_skoots.layers import (
    axes_of,
    geometry_of,
    level0,
    lies_last,
    source_of,
    voxel_offset,
)
from napari_skoots.source_array import SourceArray
from skoots.errors import SkootsError, TrainingError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from skoots._types import Shape3
    from skoots.volume.array_source import Array


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """An object under the mouse."""

    layer: Labels
    number: int
    data: Array
    """The labels along Z, Y, X as they are now: the layer may get others."""

    voxel: Shape3
    """Where, in the data."""

    offset: Shape3
    """What is added to voxels of the data to have those of the image."""


def pick(viewer: ViewerModel, own: Labels, position: Any) -> Picked:
    """Find the topmost object at a place.

    Parameters
    ----------
    viewer : ViewerModel
        Whose visible Labels layers are looked through.
    own : napari.layers.Labels
        The teaching layer.
    position : sequence of float
        In the world.

    Raises
    ------
    SkootsError
        If there is none, or only one that does not lie on the image.
    """
    from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

    refused: SkootsError | None = None
    for layer in reversed(list(viewer.layers)):
        if not isinstance(layer, Labels) or not layer.visible:
            continue
        if is_teaching(layer) and layer is not own:
            continue
        place = _place_in(layer, position)
        number = 0 if place is None else _number_at(layer, place)
        if place is None or not number:
            continue
        try:
            return _picked(layer, own, number, place)
        except SkootsError as error:  # one below may do
            refused = refused or error
    raise refused or TrainingError(
        "There is no object of another Labels layer here. Click on one."
    )


def offset_between(layer: Labels, own: Labels) -> Shape3 | None:
    """Say by how many voxels a layer is shifted; None if it has another grid."""
    axes = axes_of(layer)
    if not lies_last(axes):
        return None
    sizes = dict(zip(axes, level0(layer).shape, strict=True))
    shape = sizes.get("Z", 1), sizes["Y"], sizes["X"]
    return voxel_offset(geometry_of(layer, axes), geometry_of(own), shape)


def _picked(layer: Labels, own: Labels, number: int, place: tuple[int, ...]) -> Picked:
    """Give the object at a place of a layer, with all axes that it has.

    Raises
    ------
    SkootsError
        If the layer does not lie on the image, or nobody can tell its axes.
    """
    axes, depth = axes_of(layer), own.data.shape[0]
    at = dict(zip(axes, place, strict=False))
    data = SourceArray(source_of(layer, axes, at.get("C"), at.get("T")))
    if "Z" not in axes and depth > 1:
        raise TrainingError(
            f"{layer.name!r} is one plane, and the image has {depth}. Choose labels of "
            "the whole image."
        )
    offset = offset_between(layer, own)
    if offset is None:
        raise TrainingError(
            f"The voxels of {layer.name!r} are not those of the image. Choose labels"
            " of the same voxel size."
        )
    return Picked(layer, number, data, (at.get("Z", 0), at["Y"], at["X"]), offset)


def _place_in(layer: Labels, position: Any) -> tuple[int, ...] | None:
    """Give the voxel of a layer at a place of the world; None if it has none there."""
    point = np.asarray(layer.world_to_data(np.asarray(position)[-layer.ndim :]))
    place = tuple(int(n) for n in np.rint(point))
    pairs = zip(place, level0(layer).shape, strict=True)
    return place if all(0 <= n < size for n, size in pairs) else None


def _number_at(layer: Labels, place: tuple[int, ...]) -> int:
    part = level0(layer)[tuple(slice(n, n + 1) for n in place)]
    return max(0, int(np.asarray(part).item()))
