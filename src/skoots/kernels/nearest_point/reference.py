"""The definition of `nearest_point`, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from skoots.kernels.nearest_point.pack import PackedPoints

_PAIRS = 1 << 22
"""Distances held at once: 48 MB with the temporaries."""


def nearest_point_reference(
    labels: Tensor,
    packed: PackedPoints,
    spacing: tuple[float, float, float],
    *,
    distance: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Find, for each labelled voxel, the closest point of its own object.

    See `skoots.kernels.nearest_point.op.nearest_point` for the arguments.
    """
    nearest = torch.zeros((3, *labels.shape), device=labels.device)
    gaps = torch.zeros(labels.shape, device=labels.device)
    scale = torch.tensor(spacing, dtype=torch.float32, device=labels.device)
    for voxels, first, points in _pieces(labels, packed):
        steps = (points[None] - voxels[:, None].float()) * scale  # (M, N_k, 3)
        squared = steps[..., 0] ** 2 + steps[..., 1] ** 2 + steps[..., 2] ** 2
        least, winner = squared.min(dim=1)  # the first of equals
        x, y, z = voxels.unbind(1)
        nearest[:, x, y, z] = packed.planes[:, first + winner]
        gaps[x, y, z] = least.sqrt()
    return nearest, gaps if distance else None


def _pieces(
    labels: Tensor, packed: PackedPoints
) -> Iterator[tuple[Tensor, int, Tensor]]:
    """Voxels of one object, the number of its first point, and its points."""
    voxels, slots = owned_voxels(labels, packed)
    order = slots.argsort(stable=True)
    counts = torch.bincount(slots, minlength=len(packed.ids)).tolist()
    offsets = packed.offsets.tolist()
    for k, mine in enumerate(torch.split(voxels[order], counts)):
        points = packed.points[offsets[k] : offsets[k + 1]]
        for piece in torch.split(mine, max(1, _PAIRS // len(points))):
            yield piece, offsets[k], points


def owned_voxels(labels: Tensor, packed: PackedPoints) -> tuple[Tensor, Tensor]:
    """Voxels that belong to an object with points, and the slot of that object.

    Parameters
    ----------
    labels : Tensor, (X, Y, Z), any integer
        Zero and below is background.
    packed : PackedPoints
        On the device of `labels`.

    Returns
    -------
    voxels : Tensor, (M, 3), int64
        In the order of the volume.
    slots : Tensor, (M,), int64
        Places of their labels in ``packed.ids``.
    """
    voxels = labels.nonzero()
    ids = labels[voxels.unbind(1)].long()
    if not len(packed.ids):
        return voxels[:0], ids[:0]
    slots = torch.searchsorted(packed.ids, ids).clamp_(max=len(packed.ids) - 1)
    known = packed.ids[slots] == ids
    return voxels[known], slots[known]
