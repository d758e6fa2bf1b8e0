"""The part of a volume that shows best how objects touch: for pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import ndimage

from skoots.validate.measure import typical_diameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIAMETERS = 7
"""Of a typical object, across what is shown."""

LEAST_SIDE = 64
"""Pixels of the volume."""


class Part(NamedTuple):
    """A part of a plane."""

    plane: int
    rows: slice
    columns: slice

    def of(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Cut it out of a volume, (Y, X)."""
        cut: NDArray[Any] = volume[self.plane, self.rows, self.columns]
        return cut


def crowded_part(truth: NDArray[Any]) -> Part:
    """Find the part of a plane with the most voxels that touch another object.

    Where none touches, the part that objects fill the most.
    """
    contacts = np.zeros(truth.shape, np.float32)
    for axis in (1, 2):  # a contact along Z is none to see in a plane
        turned, marks = np.moveaxis(truth, axis, 0), np.moveaxis(contacts, axis, 0)
        for apart in (1, 2):  # a voxel may lie between
            ahead, behind = turned[apart:], turned[:-apart]
            marks[:-apart] += (ahead != behind) & (ahead > 0) & (behind > 0)
    if not contacts.any():
        contacts = (truth > 0).astype(np.float32)
    wide = typical_diameter(np.unique(truth[truth > 0], return_counts=True)[1]) or 0
    side = int(max(LEAST_SIDE, DIAMETERS * wide))
    sides = [min(side, n) for n in truth.shape[1:]]
    near = [n / 4 for n in sides]
    around = ndimage.gaussian_filter(contacts, (0, *near), mode="constant")
    plane, *middle = np.unravel_index(np.argmax(around), truth.shape)
    starts = [
        int(np.clip(m - s // 2, 0, n - s))
        for m, s, n in zip(middle, sides, truth.shape[1:], strict=True)
    ]
    rows, columns = (slice(a, a + s) for a, s in zip(starts, sides, strict=True))
    return Part(int(plane), rows, columns)
