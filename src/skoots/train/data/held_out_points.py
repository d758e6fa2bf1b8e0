"""Keep what is held out from training: skeleton points, too, tell where objects lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from skoots.volume.axes import triple_to_xyz

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots.volume.tiling import Box


def points_outside(
    points: NDArray[np.float32], boxes: Sequence[Box], seen: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Give the points of a skeleton that lie outside boxes.

    Parameters
    ----------
    points : ndarray, (N, 3), float32
        Along X, Y, Z, in voxels.
    boxes : sequence of Box
        Along Z, Y, X.
    seen : ndarray, (M, 3), float32
        Voxels of the object outside the boxes, along X, Y, Z.

    Returns
    -------
    ndarray, (K, 3), float32
        If no point is left, the voxel that is closest to one: vectors still lead
        towards the skeleton. Empty for an object without voxels outside.

    Examples
    --------
    >>> from skoots.volume.tiling import Span
    >>> axis = np.array([[2, 0, 0], [6, 0, 0]], np.float32)
    >>> box = (Span(0, 1), Span(5, 9), Span(0, 1))
    >>> points_outside(axis, [box], axis[:1])
    array([[2., 0., 0.]], dtype=float32)
    """
    if not len(seen):
        return points[:0]
    inside = np.zeros(len(points), np.bool_)
    voxels = np.rint(points)
    for box in boxes:
        spans = triple_to_xyz(box)
        low = np.array([span.start for span in spans])
        high = np.array([span.stop for span in spans])
        inside |= ((voxels >= low) & (voxels < high)).all(axis=1)
    if not inside.all():
        return points[~inside]
    gaps, _ = cKDTree(points).query(seen)
    closest = int(np.argmin(gaps))
    return seen[closest : closest + 1]
