"""Which voxels are skeleton: thresholds, contraction, then dilation by a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.inference.contract import REACH, contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig


def threshold_byte(threshold: float) -> int:
    """Give the largest stored byte that is not above a threshold.

    Examples
    --------
    >>> threshold_byte(0.5)
    127
    """
    return int(threshold * 255)


def skeleton_mask(
    skeleton: NDArray[np.uint8],
    probability: NDArray[np.uint8],
    vectors: NDArray[np.int8],
    scale: tuple[float, float, float],
    settings: InferenceConfig,
    open_sides: Sequence[tuple[bool, bool]] = ((False, False),) * 3,
) -> NDArray[np.bool_]:
    """Tell which voxels are skeleton, contracted and dilated as the settings say.

    Parameters
    ----------
    skeleton, probability : ndarray, (Z, Y, X), uint8
        Raw: 255 is certain.
    vectors : ndarray, (3, Z, Y, X), int8
        Along Z, Y, X; 127 is a whole `scale`.
    scale : tuple of float
        Voxels along Z, Y, X that a component of one spans.
    settings : InferenceConfig
        Thresholds, hops of the contraction, dilations.
    open_sides : sequence of 3 pairs of bool
        As of `contract`.

    Returns
    -------
    ndarray, (Z, Y, X), bool
    """
    mask = sure_skeleton(skeleton, probability, settings)
    if settings.CONTRACT:
        mask = contract(mask, vectors, scale, settings.CONTRACT, open_sides)
    return dilate_box(mask, dilation_radii(settings))


def sure_skeleton(
    skeleton: NDArray[np.uint8],
    probability: NDArray[np.uint8],
    settings: InferenceConfig,
) -> NDArray[np.bool_]:
    """Tell which voxels are above both thresholds; as `skeleton_mask`."""
    mask = skeleton > threshold_byte(settings.SKELETON_THRESHOLD)
    mask &= probability > threshold_byte(settings.PROBABILITY_THRESHOLD)
    return mask


def dilation_radii(settings: InferenceConfig) -> Shape3:
    """Give the reach of all dilations together along Z, Y, X, in voxels.

    Box dilations add up: once 3x3x3 and three times 1x3x3 is one box of 3x9x9.
    """
    deep = settings.SKELETON_DILATIONS_3D
    wide = deep + settings.SKELETON_DILATIONS_2D
    return deep, wide, wide


def skeleton_reach(settings: InferenceConfig) -> Shape3:
    """Give how far the skeleton mask of a voxel depends on others, along Z, Y, X.

    A voxel that lands here starts at most so far away, and is as far from there on its
    way.
    """
    z, y, x = dilation_radii(settings)
    more = 2 * REACH if settings.CONTRACT else 0
    return z + more, y + more, x + more


def dilate_box(mask: NDArray[np.bool_], radii: Shape3) -> NDArray[np.bool_]:
    """Dilate by a box, one axis after the other.

    Parameters
    ----------
    mask : ndarray, (Z, Y, X), bool
        Stays as it is.
    radii : tuple of int
        Half the box without its middle, in voxels.

    Examples
    --------
    >>> dilate_box(np.array([[[False, True, False, False]]]), (0, 0, 1)).tolist()
    [[[True, True, True, False]]]
    """
    for axis, radius in enumerate(radii):
        if not radius:
            continue
        turned = np.moveaxis(mask, axis, 0)
        reached = turned.copy(order="K")  # as it lies in memory: six times faster
        for step in range(1, radius + 1):
            reached[step:] |= turned[:-step]
            reached[:-step] |= turned[step:]
        mask = np.moveaxis(reached, 0, axis)
    return mask
