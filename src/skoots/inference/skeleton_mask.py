"""Which voxels are skeleton: thresholds, then dilation by a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
    settings: InferenceConfig,
) -> NDArray[np.bool_]:
    """Tell which voxels are skeleton, dilated as the settings say.

    Parameters
    ----------
    skeleton, probability : ndarray, (Z, Y, X), uint8
        Raw: 255 is certain.
    settings : InferenceConfig
        Thresholds and dilations.

    Returns
    -------
    ndarray, (Z, Y, X), bool
    """
    sure = sure_skeleton(skeleton, probability, settings)
    return dilate_box(sure, dilation_radii(settings))


def sure_skeleton(
    skeleton: NDArray[np.uint8],
    probability: NDArray[np.uint8],
    settings: InferenceConfig,
) -> NDArray[np.bool_]:
    """Tell which voxels are skeleton before they are dilated; as `skeleton_mask`."""
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
