"""Skeletons that a gradient flows through: thinning by least and greatest neighbours.

*Source:* Shit et al., "clDice: a novel topology-preserving loss function for tubular
structure segmentation" (CVPR 2021), algorithm 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

_AXES = (2, 3, 4)


def soft_skeleton(mask: Tensor, iterations: int) -> Tensor:
    """Give the parts of a mask that are thinner than what is left round them.

    Parameters
    ----------
    mask : Tensor, (B, C, X, Y, Z), floating point
        From 0 to 1.
    iterations : int
        How often it is peeled: half the width of the thickest object, in voxels.

    Returns
    -------
    Tensor, of the shape of `mask`
        From 0 to 1; 1 along the axis of whatever was peeled away.
    """
    peeled = _erode(mask)
    skeleton = functional.relu(mask - _dilate(peeled))
    for _ in range(iterations):
        mask, peeled = peeled, _erode(peeled)
        ridge = functional.relu(mask - _dilate(peeled))
        skeleton = skeleton + functional.relu(ridge - skeleton * ridge)
    return skeleton


def _erode(mask: Tensor) -> Tensor:
    """Take the least of each voxel and its six neighbours."""
    x, y, z = (_along(mask, axis, torch.minimum) for axis in _AXES)
    return x.minimum(y).minimum(z)


def _dilate(mask: Tensor) -> Tensor:
    """Take the greatest of each voxel and its 26 neighbours."""
    for axis in _AXES:
        mask = _along(mask, axis, torch.maximum)
    return mask


def _along(mask: Tensor, axis: int, pick: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Pick among each voxel and its two neighbours along an axis.

    On a processor whole planes are compared many times faster than windows are pooled.
    """
    size = mask.shape[axis]
    if size == 1:
        return mask
    pairs = pick(mask.narrow(axis, 0, size - 1), mask.narrow(axis, 1, size - 1))
    triples = pick(pairs.narrow(axis, 0, size - 2), pairs.narrow(axis, 1, size - 2))
    first, last = pairs.narrow(axis, 0, 1), pairs.narrow(axis, size - 2, 1)
    return torch.cat([first, triples, last], dim=axis)
