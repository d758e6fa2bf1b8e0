"""The crop to begin with, from the volumes and the memory (``--init``)."""

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
"""Of a crop, while a network whose first level has 16 channels learns from it."""

_MEMORY_SHARE = 0.25
"""Of a device's memory that a crop may take."""

_CROP_VOXELS = 48 * 96 * 96
"""On a processor more of them cost time, and fewer show too little of an object."""

_CROP_VOXELS_GPU = 64 * 128 * 128


def choose_crop(measured: Measured, device: torch.device) -> Shape3:
    """Choose the extent of a crop along X, Y, Z, in voxels.

    It is as long along each axis, in micrometres, as far as the volumes go, but twice
    as wide as deep; multiples of the network's factor; as large as the memory allows
    and no larger than pays.
    """
    gpu = device.type == "cuda"
    memory = total_memory(device) * _MEMORY_SHARE / _BYTES_PER_VOXEL / (2 if gpu else 1)
    budget = min(memory, _CROP_VOXELS_GPU if gpu else _CROP_VOXELS)
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
