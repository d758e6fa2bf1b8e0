"""Skeletons as training targets, and back: the documented functions.

A skeleton is a set of points of one object, in voxels along X, Y, Z, whole or not,
inside the volume or not. Skeletons travel in a dictionary by the id of the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import torch

from skoots.errors import ShapeError, SkeletonError
from skoots.kernels.nearest_point.op import nearest_point
from skoots.kernels.nearest_point.pack import pack_points
from skoots.lib.averaging import average_within
from skoots.lib.objects import as_rows, compact, ids_of, rows_of, to_device, volume
from skoots.lib.painting import paint_disks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    Device = str | torch.device

_UNGATHERED = {torch.uint16, torch.uint32, torch.uint64}
"""Types that torch stores and hardly calculates with."""

_NONE = -1
"""The key that a dictionary holds alone when a crop has no skeletons."""


@overload
def bake_skeleton(
    masks: Tensor,
    skeletons: Mapping[int, Tensor],
    anisotropy: Sequence[float] = ...,
    average: bool = ...,  # noqa: FBT001  (documented signature)
    device: Device = ...,
    return_distance: Literal[False] = ...,
) -> Tensor: ...


@overload
def bake_skeleton(
    masks: Tensor,
    skeletons: Mapping[int, Tensor],
    anisotropy: Sequence[float] = ...,
    average: bool = ...,  # noqa: FBT001  (documented signature)
    device: Device = ...,
    *,
    return_distance: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def bake_skeleton(
    masks: Tensor,
    skeletons: Mapping[int, Tensor],
    anisotropy: Sequence[float] = (1.0, 1.0, 1.0),
    average: bool = True,  # noqa: FBT001, FBT002  (documented signature)
    device: Device = "cpu",
    return_distance: bool = False,  # noqa: FBT001, FBT002  (documented signature)
) -> Tensor | tuple[Tensor, Tensor]:
    """Give each voxel of an object the closest point of the object's skeleton.

    Parameters
    ----------
    masks : Tensor, (X, Y, Z) or (1, X, Y, Z), integer
        Object ids; 0 is background. Whole numbers of a floating type are accepted.
    skeletons : mapping of int to Tensor, (N, 3) or (3, N)
        Points of each object, in voxels; (3, 3) is read as (N, 3). Skeletons of ids
        that are not in `masks` are ignored; ``{-1: ...}`` alone says there are none.
    anisotropy : sequence of 3 floats
        Edge lengths of a voxel along X, Y, Z, by which coordinates are scaled before
        they are squared.
    average : bool
        Whether each voxel gets the mean of its 3x3x3 neighbours in the same object.
    device : str or torch.device
        Where to calculate; the result stays there.
    return_distance : bool
        Whether to give the distance to the closest point too.

    Returns
    -------
    baked : Tensor, (3, X, Y, Z), float32
        Coordinates along X, Y, Z, in voxels; 0 in the background.
    distance : Tensor, (1, X, Y, Z), float32
        In units of `anisotropy`; 0 in the background. Only with `return_distance`.

    Raises
    ------
    ShapeError
        If `masks` is no single volume, or `anisotropy` has not three entries.
    DeviceError
        If the device is not there.
    SkeletonError
        If an object has no skeleton, or a skeleton has another shape.

    Examples
    --------
    >>> masks = torch.tensor([[[4, 4, 4, 0]]])
    >>> skeletons = {4: torch.tensor([[0.0, 0.0, 2.0]])}
    >>> bake_skeleton(masks, skeletons)[2].flatten().tolist()
    [2.0, 2.0, 2.0, 0.0]
    """
    if len(anisotropy) != 3:
        msg = (
            f"anisotropy = {tuple(anisotropy)} has {len(anisotropy)} entries. Give the "
            "edge lengths of a voxel along X, Y, Z."
        )
        raise ShapeError(msg)
    labels = to_device(volume(masks), device)
    if set(skeletons) == {_NONE}:
        baked = torch.zeros((3, *labels.shape), device=labels.device)
        return (baked, torch.zeros_like(baked[:1])) if return_distance else baked
    present = ids_of(labels)
    packed = pack_points(rows_of(present, skeletons))
    a, b, c = anisotropy
    baked, distance = nearest_point(
        labels, packed, (float(a), float(b), float(c)), distance=return_distance
    )
    if average:
        objects = compact(labels, present)
        baked = average_within(baked, objects, objects)
    return baked if distance is None else (baked, distance.unsqueeze(0))


def average_baked_skeletons(
    baked_skeletons: Tensor, kernel_size: int = 3, masks: Tensor | None = None
) -> Tensor:
    """Give each voxel the mean of the baked skeletons round it that are set.

    Parameters
    ----------
    baked_skeletons : Tensor, (B, 3, X, Y, Z), floating point
        Baked skeletons.
    kernel_size : int
        Odd extent of the cubic neighbourhood, in voxels.
    masks : Tensor, (B, X, Y, Z) or (B, 1, X, Y, Z), integer, optional
        Object ids. Only neighbours of the same object count, and background stays 0.
        Without them neighbouring objects blend, and a neighbour is *set* where any of
        its three coordinates is not 0, of whatever sign: a baked point that lies
        exactly at the origin cannot be told from background.

    Returns
    -------
    Tensor, (B, 3, X, Y, Z), float32
        Means; 0 where no neighbour counts.

    Raises
    ------
    ShapeError
        If the shapes do not fit or `kernel_size` is even.
    """
    baked = baked_skeletons.to(torch.float32)
    if (
        baked.ndim != 5
        or baked.shape[1] != 3
        or kernel_size < 1
        or kernel_size % 2 == 0
    ):
        msg = (
            f"Baked skeletons of shape {tuple(baked.shape)} cannot be averaged over "
            f"{kernel_size} voxels. Give (B, 3, X, Y, Z) and an odd number."
        )
        raise ShapeError(msg)
    radius = kernel_size // 2
    if masks is None:
        is_set = (baked != 0).any(dim=1).to(torch.int32)
        every = torch.ones_like(is_set[0])
        means = [
            average_within(values, every, here, radius)
            for values, here in zip(baked, is_set, strict=True)
        ]
    else:
        volumes = [volume(mask).to(baked.device) for mask in masks]
        objects = [compact(mask, ids_of(mask)) for mask in volumes]
        means = [
            average_within(values, here, here, radius)
            for values, here in zip(baked, objects, strict=True)
        ]
    return torch.stack(means)


def skeleton_to_mask(
    skeletons: Mapping[int, Tensor],
    shape: Sequence[int],
    device: Device | None = None,
    radius: int = 7,
    flank_radius: int = 3,
) -> Tensor:
    """Paint disks in the X-Y plane, centred on the skeleton points.

    Parameters
    ----------
    skeletons : mapping of int to Tensor, (N, 3) or (3, N)
        Points in voxels, rounded half to even. Points outside the volume count as far
        as their disks reach in.
    shape : sequence of 3 ints
        Extent of the mask along X, Y, Z.
    device : str or torch.device, optional
        Where the mask goes; by default where the skeletons are.
    radius : int
        Radius of the disk in the plane of a point, in voxels.
    flank_radius : int
        Radius of the disks in the planes below and above.

    Returns
    -------
    Tensor, (1, X, Y, Z), float32
        1 under a disk, else 0; nothing but 0 where there are no skeletons.

    Raises
    ------
    ShapeError
        If `shape` has not three numbers, or a radius is negative.
    DeviceError
        If the device is not there.
    SkeletonError
        If a skeleton has another shape, or holds NaN or infinity.

    Examples
    --------
    >>> points = {1: torch.tensor([[2.0, 2.0, 0.0]])}
    >>> skeleton_to_mask(points, (5, 5, 1), radius=1)[0, :, :, 0].sum(dim=0).tolist()
    [0.0, 1.0, 3.0, 1.0, 0.0]
    """
    if len(shape) != 3 or min(radius, flank_radius) < 0:
        msg = (
            f"A mask of shape {tuple(shape)} with disks of {radius} and {flank_radius} "
            "cannot be painted. Give X, Y, Z and radii of at least 0."
        )
        raise ShapeError(msg)
    where = next((p.device for p in skeletons.values()), torch.device("cpu"))
    rows = [as_rows(key, points) for key, points in skeletons.items()]
    points = np.concatenate([np.empty((0, 3)), *rows])
    if not np.isfinite(points).all():
        msg = "A skeleton holds NaN or infinity. Remove those points."
        raise SkeletonError(msg)
    x, y, z = (int(size) for size in shape)
    mask = paint_disks(points, (x, y, z), radius, flank_radius)
    return to_device(
        torch.from_numpy(mask).unsqueeze(0), where if device is None else device
    )


def index_skeleton_by_embed(skeleton: Tensor, embed: Tensor) -> Tensor:
    """Give each voxel the id of the skeleton voxel that its embedding points at.

    Parameters
    ----------
    skeleton : Tensor, (B, 1, X, Y, Z), integer
        Ids of skeleton voxels. A batch of 1 serves every embedding.
    embed : Tensor, (B, 3, x, y, z), floating point
        Where each voxel points, in voxels of `skeleton`, rounded half to even. Its
        extent may differ from that of `skeleton`.

    Returns
    -------
    Tensor, (B, 1, x, y, z), int32
        Ids; 0 for embeddings that are NaN or point out of the volume.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> skeleton = torch.tensor([3, 0, 8]).view(1, 1, 1, 1, 3)
    >>> embed = torch.zeros(1, 3, 1, 1, 4)
    >>> embed[0, 2] = torch.tensor([0.5, 1.6, 9.0, torch.nan])
    >>> index_skeleton_by_embed(skeleton, embed).flatten().tolist()
    [3, 8, 0, 0]
    """
    one_volume_each = skeleton.ndim == embed.ndim == 5 and skeleton.shape[1] == 1
    if (
        not one_volume_each
        or embed.shape[1] != 3
        or len(skeleton) not in (1, len(embed))
    ):
        msg = (
            f"A skeleton of shape {tuple(skeleton.shape)} cannot be read by embeddings "
            f"of shape {tuple(embed.shape)}. Give (B, 1, X, Y, Z) and (B, 3, x, y, z)."
        )
        raise ShapeError(msg)
    flat = torch.zeros_like(embed[:, 0], dtype=torch.int64)
    inside = torch.ones_like(flat, dtype=torch.bool)
    for axis, size in enumerate(skeleton.shape[2:]):
        place = embed[:, axis].round()
        inside &= (place >= 0) & (place < size)  # false for NaN
        flat = flat * size + torch.where(inside, place, 0).long()
    flat = torch.where(inside, flat, 0).flatten(1)
    rows = skeleton.flatten(1)
    if rows.dtype in _UNGATHERED:
        rows = rows.to(torch.int64)
    ids = rows.expand(len(embed), -1).gather(1, flat).view(inside.shape)
    return torch.where(inside, ids, 0).to(torch.int32).unsqueeze(1)
