"""Skeletons of painted objects, made as they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from skoots.events import ObjectsDone, StageStarted
from skoots.teach.skeleton_store import Skeleton, as_bounds, digest_of, mask_in
from skoots.train.generate_skeletons import skeletonize_object
from skoots.volume.axes import points_to_zyx, triple_to_xyz, zyx_to_xyz

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.teach.skeleton_store import Bounds
    from skoots.validate.measure import ObjectTable
    from skoots.volume.array_source import Array

STAGE = "skeletonize"

_FULL = 64**3
"""An object in a larger box is thinned at half its size."""

_CELLS = 1 << 21
"""More cells than this take a second: a larger object is thinned still coarser."""

_MOST = 1 << 27
"""An object in a larger box gets none: its id stands for things in far places."""

_SHORT = 8
"""Voxels of an axis that is not made coarser."""


def follow_objects(
    labels: Array,
    table: ObjectTable,
    voxel_size: VoxelSize | None,
    known: Mapping[int, Skeleton],
    touched: Sequence[Bounds] | None = None,
) -> Generator[Event, None, dict[int, Skeleton]]:
    """Give each object its skeleton; only of those that changed it is made anew.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        What is painted.
    table : ObjectTable
        Its objects.
    voxel_size : tuple of float or None
        Edge lengths along Z, Y, X. Only the ratios matter.
    known : mapping of int to Skeleton
        What was given the last time, or moved since.
    touched : sequence of boxes, optional
        All that was painted since; by default anything may have changed.

    Yields
    ------
    StageStarted, ObjectsDone

    Returns
    -------
    dict of int to Skeleton
    """
    found: dict[int, Skeleton] = {}
    yield StageStarted(STAGE, 0, len(table))
    for row, number in enumerate(table.ids.tolist()):
        box = as_bounds(table.box_zyx[row])
        old = known.get(number)
        if old is None or old.box != box or _touches(box, touched):
            old = _look_at(labels, number, box, voxel_size, old)
        if old is not None:
            found[number] = old
        yield ObjectsDone(STAGE, row + 1, len(table))
    return found


def _look_at(
    labels: Array,
    number: int,
    box: Bounds,
    voxel_size: VoxelSize | None,
    old: Skeleton | None,
) -> Skeleton | None:
    if np.prod([b - a for a, b in box], dtype=np.int64) > _MOST:
        return None
    mask = mask_in(labels, number, box)
    if not mask.any():
        return None  # erased meanwhile
    digest = digest_of(mask, box)
    if old is not None and old.digest == digest:
        return old
    corner = (box[0][0], box[1][0], box[2][0])
    points = skeleton_points(mask, corner, tuple(labels.shape), voxel_size)
    return Skeleton(box, digest, points)


def skeleton_points(
    mask: NDArray[np.bool_],
    corner_zyx: Shape3,
    shape: Sequence[int],
    voxel_size: VoxelSize | None,
) -> NDArray[np.float32]:
    """Give the axis of one object; that of a large one is found at half its size.

    Parameters
    ----------
    mask : ndarray, (Z, Y, X), bool
        The object in its box.
    corner_zyx : tuple of int
        Where the box begins.
    shape : sequence of int
        Extent of the volume along Z, Y, X, in voxels.
    voxel_size : tuple of float or None
        Along Z, Y, X. Only the ratios matter.

    Returns
    -------
    ndarray, (N, 3), float32
        Along Z, Y, X, in voxels of the volume; each in a voxel of the object.
    """
    steps = _steps(mask)
    coarse = _any_of(mask, steps)
    size = np.array(voxel_size or (1.0, 1.0, 1.0)) * steps
    first = [int(c > 0) for c in corner_zyx]  # 0: cut by the face of the volume
    ends = [
        f + n + int(c + m < s)
        for f, n, c, m, s in zip(
            first, coarse.shape, corner_zyx, mask.shape, shape, strict=True
        )
    ]
    axis = skeletonize_object(
        zyx_to_xyz(coarse),
        triple_to_xyz((first[0], first[1], first[2])),
        triple_to_xyz((ends[0], ends[1], ends[2])),
        triple_to_xyz((float(size[0]), float(size[1]), float(size[2]))),
    )
    found = (points_to_zyx(axis) - np.array(first)) * steps + (np.array(steps) - 1) / 2
    return settle(found, mask) + np.array(corner_zyx, np.float32)


def settle(
    points: NDArray[np.floating],
    mask: NDArray[np.bool_],
    corner_zyx: Shape3 = (0, 0, 0),
    shape: Sequence[int] | None = None,
) -> NDArray[np.float32]:
    """Bring points that lie beside an object to its nearest voxel, each once. (N, 3).

    Parameters
    ----------
    points : ndarray, (N, 3)
        In voxels of the volume.
    mask : ndarray, (Z, Y, X), bool
        The object in a part of the volume that holds all of it.
    corner_zyx : tuple of int
        Where the part begins.
    shape : sequence of int, optional
        Extent of the volume along Z, Y, X, if the part is not the volume.
    """
    last = np.array(mask.shape if shape is None else shape) - 1
    placed = np.clip(points, 0, last).astype(np.float32)
    voxels = np.rint(placed).astype(int) - corner_zyx
    within = ((voxels >= 0) & (voxels < mask.shape)).all(axis=1)
    outside = ~within
    outside[within] = ~mask[tuple(voxels[within].T)]
    if outside.any():
        placed[outside] = _nearest(mask, voxels[outside]) + corner_zyx
    return np.unique(placed, axis=0)


def _nearest(mask: NDArray[np.bool_], voxels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the voxel of an object that is next to each of some others, (N, 3)."""
    before = np.maximum(0, -voxels.min(axis=0))
    behind = np.maximum(0, voxels.max(axis=0) + 1 - mask.shape)
    wide = np.pad(mask, np.stack([before, behind], axis=1))
    nearest = ndimage.distance_transform_edt(
        ~wide, return_distances=False, return_indices=True
    )
    found: NDArray[np.int64] = nearest[(slice(None), *(voxels + before).T)].T - before
    return found


def _touches(box: Bounds, touched: Sequence[Bounds] | None) -> bool:
    if touched is None:
        return True
    return any(
        all(a < d and c < b for (a, b), (c, d) in zip(box, other, strict=True))
        for other in touched
    )


def _steps(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Say how many voxels along each axis become one cell."""
    steps = np.ones(3, np.int64)
    shape = np.array(mask.shape)
    most = _FULL
    while np.prod(-(-shape // steps)) > most:
        longer = shape // steps > _SHORT
        if not longer.any():
            break
        steps[longer] *= 2
        most = _CELLS
    return steps


def _any_of(mask: NDArray[np.bool_], steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each cell whether any of its voxels belongs to the object."""
    if (steps == 1).all():
        return mask
    missing = [(0, int(-n % s)) for n, s in zip(mask.shape, steps, strict=True)]
    padded = np.pad(mask, missing)
    cells = [(n // int(s), int(s)) for n, s in zip(padded.shape, steps, strict=True)]
    split = padded.reshape([n for pair in cells for n in pair])
    return np.asarray(split.any(axis=(1, 3, 5)))
