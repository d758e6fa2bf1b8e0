"""What a mask and its skeletons hold: object ids, and the points of each object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastremap
import numpy as np
import torch

from skoots.errors import DeviceError, ShapeError, SkeletonError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

_PLAIN = {torch.uint8, torch.int16, torch.int32, torch.int64}
"""Types of ids that torch calculates with; others are widened."""

_LARGEST = 2**31 - 1
"""Ids up to this fit into int32 as they are."""

_LISTED = 10
"""An error names at most so many ids."""


def volume(masks: Tensor) -> Tensor:
    """Give the one volume, (X, Y, Z), of integers that `masks` hold, or refuse."""
    single = masks[0] if masks.ndim == 4 and len(masks) == 1 else masks
    if single.ndim != 3:
        msg = (
            f"A mask of shape {tuple(masks.shape)} holds no single volume. "
            "Give (X, Y, Z) or (1, X, Y, Z)."
        )
        raise ShapeError(msg)
    return single if single.dtype in _PLAIN else single.to(torch.int64)


def to_device(tensor: Tensor, device: str | torch.device) -> Tensor:
    """Give the tensor on a device, or refuse one that is not there."""
    try:
        return tensor.to(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        msg = (
            f"The device {str(device)!r} cannot be used: "
            f"{str(error).splitlines()[0].rstrip('.')}. Use cpu, or one that 'skoots "
            "doctor' lists."
        )
        raise DeviceError(msg) from error


def ids_of(labels: Tensor) -> list[int]:
    """Ids of the objects, ascending; background is 0 and below."""
    if labels.device.type == "cpu":
        ids = fastremap.unique(labels.contiguous().numpy())
    else:
        ids = torch.unique(labels).cpu().numpy()
    return [int(i) for i in ids if i > 0]


def compact(labels: Tensor, present: Sequence[int]) -> Tensor:
    """Tell the same objects apart in int32; background is 0."""
    if not present or present[-1] <= _LARGEST:
        return labels.clamp(min=0).to(torch.int32)
    ids = torch.tensor([0, *present], dtype=labels.dtype, device=labels.device)
    return torch.searchsorted(ids, labels.clamp(min=0), out_int32=True)


def rows_of(
    present: Sequence[int], skeletons: Mapping[int, Tensor]
) -> dict[int, NDArray[np.float32]]:
    """Points of the objects that are there. Each must have some."""
    missing = [i for i in present if i not in skeletons or not skeletons[i].numel()]
    if missing:
        listed = ", ".join(map(str, missing[:_LISTED]))
        more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        msg = (
            f"{len(missing)} objects of the mask have no skeleton: {listed}{more}. "
            "Give each a point at least, or set its voxels to 0."
        )
        raise SkeletonError(msg)
    return {i: as_rows(i, skeletons[i]) for i in present}


def as_rows(key: int, points: Tensor) -> NDArray[np.float32]:
    """Points of an object as (N, 3); (3, 3) is read as that."""
    rows = points.detach().cpu().to(torch.float32).numpy()
    if not rows.size:
        return np.empty((0, 3), np.float32)
    if rows.ndim == 2 and rows.shape[1] == 3:
        return rows
    if rows.ndim == 2 and rows.shape[0] == 3:
        return rows.T
    msg = (
        f"The skeleton of object {key} has the shape {rows.shape}. Give points as "
        "(N, 3), or as (3, N)."
    )
    raise SkeletonError(msg)
