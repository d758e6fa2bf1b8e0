"""How large what is painted is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skoots._types import VoxelSize
    from skoots.teach.painted import Painted


def painted_diameter(
    painted: Sequence[Painted],
    sizes: Sequence[VoxelSize | None],
    here: VoxelSize | None,
    model: VoxelSize | None,
) -> float | None:
    """Give the diameter of a typical painted object, in voxels of an image.

    Parameters
    ----------
    painted : sequence of Painted
        Of all examples.
    sizes : sequence of tuple of float or None
        Edge lengths of a voxel of each, along Z, Y, X.
    here, model : tuple of float or None
        Those of the image, and of what a model was trained on.

    Returns
    -------
    float or None
        None without objects. Objects that a face of the image cuts do not count where
        there are others.
    """
    from skoots.validate.measure import typical_diameter  # noqa: PLC0415 - cc3d

    everything, whole = [], []
    for one, size in zip(painted, sizes, strict=True):
        times = 1.0
        if size is not None and here is not None:
            times = float(np.prod(size) / np.prod(here))
        voxels = one.objects.voxels * times
        everything.append(voxels)
        whole.append(voxels[~one.objects.at_face])
    counted = np.concatenate([np.zeros(0), *whole])
    if not counted.size:
        counted = np.concatenate([np.zeros(0), *everything])
    return typical_diameter(counted, here, model)
