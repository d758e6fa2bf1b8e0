"""The crops of a step to begin with, from volumes and memory (``--init``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.model.precision import total_memory

if TYPE_CHECKING:
    import torch

    from skoots._types import Shape3
    from skoots.train.first.measure import Measured

FACTOR = 8
"""By how much the network makes an axis smaller."""

_BYTES_PER_VOXEL = 1200
"""Of a step, while a network whose first level has 16 channels learns from it."""

_MEMORY_SHARE = 0.25
"""Of a device's memory that a step may take."""

_STEP_VOXELS = 48 * 96 * 96
"""Of all crops of a step. On a processor more of them cost time."""

_STEP_VOXELS_GPU = 64 * 128 * 128

_MOST_CROPS, _LEAST_CROPS = 3, 2
"""Of a step. A crop may be full of objects or have none; several together are more
like the next ones, in their statistics and in what they teach."""


def choose_crops(measured: Measured, device: torch.device) -> tuple[Shape3, int]:
    """Choose the crops of a step, which share what memory and time allow for one step.

    Three, if each is still as long as a typical object along every axis, as far as the
    volumes go; two of a larger extent otherwise, and one where memory is short.

    Returns
    -------
    crop : tuple of int
        Extent along X, Y, Z, in voxels.
    crops : int
        Of a step.
    """
    gpu = device.type == "cuda"
    memory = total_memory(device) * _MEMORY_SHARE / _BYTES_PER_VOXEL / (2 if gpu else 1)
    budget = min(memory, _STEP_VOXELS_GPU if gpu else _STEP_VOXELS)
    many, few = (_fill(measured, budget / n) for n in (_MOST_CROPS, _LEAST_CROPS))
    if _MOST_CROPS * np.prod(many) <= budget and _shows_objects(many, measured):
        return many, _MOST_CROPS
    if _LEAST_CROPS * np.prod(few) <= budget:
        return few, _LEAST_CROPS
    return _fill(measured, budget), 1


def _shows_objects(crop: Shape3, measured: Measured) -> bool:
    across = np.ceil(measured.diameter / np.array(measured.spacing))
    return bool((crop >= np.minimum(across, np.max(measured.shapes, axis=0))).all())


def _fill(measured: Measured, budget: float) -> Shape3:
    """Give the extent of a crop of so many voxels at most, but of a least extent.

    It is as long along each axis, in micrometres, as far as the volumes go, but twice
    as wide as deep; multiples of the network's factor.
    """
    extent = np.max(measured.shapes, axis=0)
    extent = np.ceil(extent / FACTOR) * FACTOR
    least = np.array([4 * FACTOR, 4 * FACTOR, 2 * FACTOR])
    crop = np.maximum(np.minimum(least, extent), [FACTOR, FACTOR, 2 * FACTOR])
    shape = np.array([1.0, 1.0, 0.5]) / measured.spacing
    while True:  # lengthen the axis that is shortest for its share
        room = [
            axis
            for axis in range(3)
            if crop[axis] + FACTOR <= extent[axis]
            and np.prod(crop + FACTOR * np.eye(3)[axis]) <= budget
        ]
        if not room:
            break
        crop[min(room, key=lambda axis: crop[axis] / shape[axis])] += FACTOR
    x, y, z = (int(n) for n in crop)
    return x, y, z
