"""Skeletons that a gradient flows through: thinning by least and greatest neighbours.

*Source:* Shit et al., "clDice: a novel topology-preserving loss function for tubular
structure segmentation" (CVPR 2021), algorithm 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

_ALONG = (((3, 1, 1), (1, 0, 0)), ((1, 3, 1), (0, 1, 0)), ((1, 1, 3), (0, 0, 1)))
"""Window and padding of three voxels along X, Y and Z."""


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
    skeleton = functional.relu(mask - _open(mask))
    for _ in range(iterations):
        mask = _erode(mask)
        ridge = functional.relu(mask - _open(mask))
        skeleton = skeleton + functional.relu(ridge - skeleton * ridge)
    return skeleton


def _erode(mask: Tensor) -> Tensor:
    """Take the least of each voxel and its six neighbours."""
    least = mask
    for window, padding in _ALONG:
        along = -functional.max_pool3d(-mask, window, stride=1, padding=padding)
        least = least.minimum(along)
    return least


def _open(mask: Tensor) -> Tensor:
    """Take away what is too thin to be peeled, and leave the rest as it is."""
    return functional.max_pool3d(_erode(mask), 3, stride=1, padding=1)
