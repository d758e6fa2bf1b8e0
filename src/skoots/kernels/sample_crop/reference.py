"""The definition of `sample_linear` and `sample_labels`, in plain torch."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.kernels.sample_crop.crop_map import CropMap


def sample_linear_reference(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3
) -> Tensor:
    """Sample a volume by linear interpolation; reflect it beyond its faces.

    See `skoots.kernels.sample_crop.op.sample_linear`; `block` starts at `origin`.
    """
    places = crop_places(crop, block.device)
    below = places.floor()
    part = places - below
    value = torch.zeros(block.shape[:1] + crop.shape, device=block.device)
    for corner in product((0, 1), repeat=3):
        index = []
        weight = torch.ones_like(part[0])
        for axis, step in enumerate(corner):
            at = reflect(below[axis].long() + step, extent[axis])
            index.append(at - origin[axis])
            weight = weight * (part[axis] if step else 1 - part[axis])
        x, y, z = index
        value += weight.float() * block[:, x, y, z].float()
    return value


def sample_labels_reference(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3, outside: int
) -> Tensor:
    """Sample a volume of labels at the closest voxel.

    See `skoots.kernels.sample_crop.op.sample_labels`; `block` starts at `origin`.
    """
    voxels = (crop_places(crop, block.device) + 0.5).floor().long()
    inside = torch.ones_like(voxels[0], dtype=torch.bool)
    index = []
    for axis in range(3):
        inside &= (voxels[axis] >= 0) & (voxels[axis] < extent[axis])
        index.append((voxels[axis] - origin[axis]).clamp(0, block.shape[axis] - 1))
    x, y, z = index
    return torch.where(inside, block[x, y, z], outside).to(block.dtype)


def crop_places(crop: CropMap, device: torch.device) -> Tensor:
    """Where in the volume each voxel of the crop lies. (3, X, Y, Z)."""
    exact = torch.float32 if device.type == "mps" else torch.float64
    axes = (torch.arange(n, dtype=exact, device=device) for n in crop.shape)
    voxels = list(torch.meshgrid(*axes, indexing="ij"))
    if crop.bend is not None:
        columns, curve = (
            torch.from_numpy(part).to(device, exact) for part in crop.bend.columns()
        )
        voxels = [voxels[axis] + columns[axis] @ curve for axis in range(3)]
    i, j, k = voxels
    rows = zip(crop.start.tolist(), crop.matrix.tolist(), strict=True)
    return torch.stack([s + a * i + b * j + c * k for s, (a, b, c) in rows])


def reflect(index: Tensor, extent: int) -> Tensor:
    """Fold indices into a volume: the voxel beyond the last is the last but one."""
    if extent == 1:
        return torch.zeros_like(index)
    period = 2 * (extent - 1)
    folded = index.abs() % period
    return torch.where(folded >= extent, period - folded, folded)
