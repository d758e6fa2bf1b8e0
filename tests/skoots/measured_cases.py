"""What a volume could be measured to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.train.first.measure import Measured

if TYPE_CHECKING:
    from skoots._types import Shape3


def measured(
    shape: Shape3, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> Measured:
    """Objects of 4000 voxels that reach 9 voxels beyond their skeletons at most."""
    return Measured(
        shapes=(shape,),
        channels=1,
        voxel_size=None,
        spacing=spacing,
        volumes=np.array([4000]),
        longest=(8.0, 8.0, 8.0),
        longest_way=9.0,
        near=np.minimum(100 * np.arange(1, 65) ** 2, 4000),
        deepest=20,
        contrast=0.2,
    )
