"""Connected components: one id for skeleton voxels that touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import fastremap
import numpy as np
import torch

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor


def efficient_flood_fill(skeleton: Tensor) -> Tensor:
    """Give one id to skeleton voxels that share a face, directly or through others.

    Parameters
    ----------
    skeleton : Tensor, (X, Y, Z) or (1, X, Y, Z), any type
        Skeleton where it is not 0. It is not changed.

    Returns
    -------
    Tensor, (X, Y, Z), int32
        Ids 1 to K in the order of each component's first voxel, where Z runs fastest
        and X slowest; 0 is background. On the device of `skeleton`.

    Raises
    ------
    ShapeError
        If `skeleton` is no single volume.

    Examples
    --------
    >>> efficient_flood_fill(torch.tensor([[[5, 0, 7, 7, 0, 1]]])).tolist()
    [[[1, 0, 2, 2, 0, 3]]]
    """
    volume = skeleton[0] if skeleton.ndim == 4 and len(skeleton) == 1 else skeleton
    if volume.ndim != 3:
        msg = (
            f"A skeleton of shape {tuple(skeleton.shape)} cannot be labelled. "
            "Give (X, Y, Z) or (1, X, Y, Z)."
        )
        raise ShapeError(msg)
    solid = np.ascontiguousarray((volume != 0).cpu().numpy())
    if not solid.any():
        return torch.zeros(volume.shape, dtype=torch.int32, device=skeleton.device)
    labels = cc3d.connected_components(solid, connectivity=6, out_dtype=np.uint32)
    labels, _ = fastremap.renumber(labels, preserve_zero=True)
    return torch.from_numpy(labels.astype(np.int32)).to(skeleton.device)
