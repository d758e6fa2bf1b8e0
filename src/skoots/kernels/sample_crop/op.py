"""The door: read what the crop looks at, then run the definition or a fast twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch

from skoots.errors import ShapeError
from skoots.kernels.dispatch import choose_twin
from skoots.kernels.sample_crop.reference import (
    reflect,
    sample_labels_reference,
    sample_linear_reference,
)

if TYPE_CHECKING:
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.kernels.sample_crop.crop_map import CropMap

OUTSIDE = -1
"""Stands in a crop of labels for voxels beyond the volume."""


class Volume(Protocol):
    """A tensor, or what reads one piece by piece."""

    @property
    def shape(self) -> Any: ...  # noqa: D102 (torch.Size, or a tuple)

    def __getitem__(self, key: tuple[slice, ...], /) -> Tensor: ...


def sample_linear(
    image: Volume, crop: CropMap, device: str | torch.device = "cpu"
) -> Tensor:
    """Sample an image through a map, by linear interpolation.

    Beyond its faces the image is reflected. A map that only turns and flips axes copies
    voxels as they are. Nothing is read but the box that the crop looks at.

    Parameters
    ----------
    image : Tensor or LazyVolume, (C, X, Y, Z), any number
        The whole volume.
    crop : CropMap
        Where the voxels of the crop lie.
    device : str or torch.device
        Where to work; the crop stays there.

    Returns
    -------
    Tensor, (C, *crop.shape), float32

    Raises
    ------
    ShapeError
        If the image has not four axes, or one of them is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from skoots.kernels.sample_crop import CropMap
    >>> image = torch.arange(4.0).view(1, 4, 1, 1)
    >>> crop = CropMap(np.eye(3) / 2, np.zeros(3), (5, 1, 1))
    >>> sample_linear(image, crop).flatten().tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    extent = _extent(image)
    box = crop.box(extent)
    block = image[(slice(None), *box)].to(device)
    origin = (box[0].start, box[1].start, box[2].start)
    if crop.is_copy:
        return _copied(block, crop, origin, extent).to(torch.float32)
    if choose_twin(block) != "cpu":
        return sample_linear_reference(block, crop, origin, extent)
    from skoots.kernels.sample_crop.cpu import sample_linear_cpu

    return sample_linear_cpu(block, crop, origin, extent)


def sample_labels(
    labels: Volume,
    crop: CropMap,
    device: str | torch.device = "cpu",
    outside: int = OUTSIDE,
) -> Tensor:
    """Sample labels through a map, at the closest voxel.

    Parameters
    ----------
    labels : Tensor or LazyVolume, (1, X, Y, Z), any integer, or bool
        The whole volume.
    crop : CropMap
        Where the voxels of the crop lie.
    device : str or torch.device
        Where to work; the crop stays there.
    outside : int
        What stands beyond the volume.

    Returns
    -------
    Tensor, crop.shape, of the type of `labels`

    Raises
    ------
    ShapeError
        If there are not four axes, or one of them is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from skoots.kernels.sample_crop import CropMap
    >>> labels = torch.tensor([3, 8]).view(1, 1, 1, 2)
    >>> flipped = CropMap(np.diag([1.0, 1, -1]), np.array([0.0, 0, 1]), (1, 1, 3))
    >>> sample_labels(labels, flipped).tolist()
    [[[8, 3, -1]]]
    """
    extent = _extent(labels)
    box = crop.box(extent)
    block = labels[(slice(None), *box)][0].to(device)
    origin = (box[0].start, box[1].start, box[2].start)
    if crop.is_copy:
        copied = _copied(block[None], crop, origin, extent)[0]
        return copied.masked_fill_(_beyond(crop, extent, copied.device), outside)
    if choose_twin(block) != "cpu":
        return sample_labels_reference(block, crop, origin, extent, outside)
    from skoots.kernels.sample_crop.cpu import sample_labels_cpu

    return sample_labels_cpu(block, crop, origin, extent, outside)


def _extent(volume: Volume) -> Shape3:
    if len(volume.shape) != 4 or not all(volume.shape):
        raise ShapeError(
            f"A volume of shape {tuple(volume.shape)} cannot be cropped. Give "
            "(C, X, Y, Z), none of them 0."
        )
    _, x, y, z = volume.shape
    return int(x), int(y), int(z)


def _indices(crop: CropMap) -> list[tuple[int, Tensor]]:
    """For each axis of the volume: the crop's axis along it, and voxels in order."""
    found = []
    for row, start in zip(crop.matrix, crop.start, strict=True):
        axis = int(abs(row).argmax())
        steps = torch.arange(crop.shape[axis]) * int(row[axis])
        found.append((axis, steps + int(start)))
    return found


def _copied(block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3) -> Tensor:
    order = [0]
    for axis, (_, index) in enumerate(_indices(crop)):
        at = reflect(index, extent[axis]) - origin[axis]
        block = block.index_select(axis + 1, at.to(block.device))
    places = [axis for axis, _ in _indices(crop)]
    order += [1 + places.index(axis) for axis in range(3)]
    return block.permute(order).contiguous()


def _beyond(crop: CropMap, extent: Shape3, device: torch.device) -> Tensor:
    """Whether each voxel of a copied crop lies outside the volume."""
    beyond = torch.zeros((1, 1, 1), dtype=torch.bool)
    for (axis, index), n in zip(_indices(crop), extent, strict=True):
        shape = [1, 1, 1]
        shape[axis] = -1
        beyond = beyond | ((index < 0) | (index >= n)).view(shape)
    return beyond.to(device)
