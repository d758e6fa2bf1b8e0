"""Which object of which layer the user points at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.controllers.teaching.painted_layer import is_teaching
from napari_skoots.layers import level0
from skoots.errors import TrainingError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from skoots._types import Shape3


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """An object under the mouse."""

    layer: Labels
    number: int
    voxel: Shape3
    """Where, in the layer."""

    offset: Shape3
    """What is added to voxels of the layer to have those of the image."""


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
    TrainingError
        If there is none, or only one on another grid.
    """
    from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

    elsewhere = ""
    for layer in reversed(list(viewer.layers)):
        if not isinstance(layer, Labels) or not layer.visible or layer.ndim != 3:
            continue
        if is_teaching(layer) and layer is not own:
            continue
        number, voxel = _value_at(layer, position)
        if not number:
            continue
        offset = offset_between(layer, own)
        if offset is not None:
            return Picked(layer, number, voxel, offset)
        elsewhere = layer.name
    if elsewhere:
        raise TrainingError(
            f"The voxels of {elsewhere!r} are not those of the image. Choose labels"
            " of the same voxel size."
        )
    raise TrainingError(
        "There is no object of another Labels layer here. Click on one."
    )


def offset_between(layer: Labels, own: Labels) -> Shape3 | None:
    """Say by how many voxels a layer is shifted; None if it has another grid."""
    shape = np.array(level0(layer).shape, float)
    corners = np.array(
        [(0, 0, 0), (1, 1, 1), shape, (shape[0], 0, 0), (0, 0, shape[2])]
    )
    there = [own.world_to_data(layer.data_to_world(corner)) for corner in corners]
    offsets = np.array(there) - corners
    offset = np.rint(offsets[0])
    if not np.allclose(offsets, offset, atol=0.01):
        return None
    return int(offset[0]), int(offset[1]), int(offset[2])


def _value_at(layer: Labels, position: Any) -> tuple[int, Shape3]:
    point = np.asarray(layer.world_to_data(np.asarray(position)[-layer.ndim :]))
    z, y, x = (int(n) for n in np.rint(point))
    data = level0(layer)
    inside = all(0 <= n < m for n, m in zip((z, y, x), data.shape, strict=True))
    if not inside:
        return 0, (z, y, x)
    part = np.asarray(data[z : z + 1, y : y + 1, x : x + 1])
    return max(0, int(part.item())), (z, y, x)
