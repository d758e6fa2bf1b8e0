"""Find skeletons that belong to other labels: their points lie in no voxel of theirs.

A file may be newer than the labels and yet not be theirs: copied from another folder,
or made of another image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.volume.axes import triple_to_xyz, triple_to_zyx, zyx_to_xyz
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.train.data.label_volume import LabelVolume
    from skoots.volume.tiling import Box

_TOLERATED = 0.1
"""Share of an object's points that may lie beside it: the published command rounds."""

_BLOCK: Shape3 = (64, 512, 512)
"""Along Z, Y, X: what is read at once."""


def find_astray(
    volume: LabelVolume, points: Mapping[int, NDArray[np.float32]]
) -> list[int]:
    """List the objects whose skeleton cannot be theirs.

    Parameters
    ----------
    volume : LabelVolume
        Open labels. Blocks that hold points are read once.
    points : mapping of int to ndarray, (N, 3), float32
        Points along X, Y, Z, in voxels. Ids that the labels lack do not count.

    Returns
    -------
    list of int
        Objects of which more than a tenth of the points, rounded half to even, lie in
        voxels that are not their own; ascending.
    """
    keys = [key for key in volume.objects if key in points]
    if not keys:
        return []
    sizes = np.array([len(points[key]) for key in keys])
    owner = np.repeat(np.array(keys, np.int64), sizes)
    voxels = np.rint(np.concatenate([points[key] for key in keys]))
    wrong = _find_ids(volume, voxels) != owner
    place = np.repeat(np.arange(len(keys)), sizes)
    beside = np.bincount(place[wrong], minlength=len(keys))
    return [keys[k] for k in np.flatnonzero(beside > _TOLERATED * sizes)]


def _find_ids(volume: LabelVolume, voxels: NDArray[np.float32]) -> NDArray[np.int64]:
    """Give the id at each voxel, (N,); -1 beyond the volume."""
    found = np.full(len(voxels), -1, np.int64)
    shape = triple_to_xyz(volume.shape_zyx)
    inside = np.flatnonzero(((voxels >= 0) & (voxels < shape)).all(axis=1))
    for box, chosen in _by_block(voxels[inside].astype(np.int64), volume.shape_zyx):
        rows = inside[chosen]
        ids = zyx_to_xyz(volume.channels.read(box)[0])
        start = np.array([span.start for span in triple_to_xyz(box)])
        found[rows] = ids[tuple((voxels[rows].astype(np.int64) - start).T)]
    return found


def _by_block(
    voxels: NDArray[np.int64], shape_zyx: Shape3
) -> Iterator[tuple[Box, NDArray[np.int64]]]:
    """Give the blocks that hold voxels, each with which ones."""
    if not len(voxels):
        return
    blocks, number = np.unique(
        voxels // triple_to_xyz(_BLOCK), axis=0, return_inverse=True
    )
    order = np.argsort(number.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(number.ravel()))[:-1]
    for (x, y, z), chosen in zip(blocks.tolist(), np.split(order, ends), strict=True):
        place = triple_to_zyx((x, y, z))
        low, high, wide = (
            Span(k * step, min((k + 1) * step, n))
            for k, step, n in zip(place, _BLOCK, shape_zyx, strict=True)
        )
        yield (low, high, wide), chosen
