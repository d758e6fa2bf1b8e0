"""How large the objects of a label volume are and where they lie.

The volume is read box by box, so that memory goes with the number of objects and not
with that of the voxels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import cc3d
import fastremap
import numpy as np

from skoots.errors import ShapeError
from skoots.events import BlockDone, StageStarted
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.volume.array_source import Array
    from skoots.volume.tiling import Box

STAGE = "measure"
"""The name of this job's only stage in its events."""

_BOX_VOXELS = 1 << 23
"""What is read at once: some chunks together, for each box has its own cost."""

_LEAST_BOX: Shape3 = (16, 256, 256)
_GATHERED = 1 << 20
"""Rows of boxes that are kept before those of one object become one."""


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTable:
    """The K objects of a label volume, by ascending id."""

    ids: NDArray[np.integer[Any]]
    """(K,), of the labels' own type"""

    voxels: NDArray[np.int64]
    """(K,)"""

    volume_um3: NDArray[np.float64] | None
    """(K,), in cubic micrometres; None without a voxel size"""

    centroid_zyx: NDArray[np.float64]
    """(K, 3), in voxels: the middle of the first voxel is 0"""

    box_zyx: NDArray[np.int64]
    """(K, 3, 2), start and stop along Z, Y, X, in voxels"""

    at_face: NDArray[np.bool_]
    """(K,), whether it touches a face of the volume, where it may be cut off"""

    def __len__(self) -> int:
        return len(self.ids)


class _Rows(NamedTuple):
    """Objects, or parts of some, one a row."""

    ids: NDArray[Any]
    voxels: NDArray[np.int64]
    sums: NDArray[np.float64]  # (K, 3), of the coordinates of the voxels
    low: NDArray[np.int64]  # (K, 3)
    high: NDArray[np.int64]  # (K, 3)


def measure_objects(
    labels: Array,
    voxel_size: VoxelSize | None = None,
    *,
    within: Sequence[Box] | None = None,
) -> Generator[Event, None, ObjectTable]:
    """Measure every object of a label volume.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        Of NumPy, zarr, dask or anything that slices give parts of; 0 and below is
        background. It is read box by box.
    voxel_size : tuple of float, optional
        Edge lengths along Z, Y, X, in micrometres.
    within : sequence of Box, optional
        The parts that hold anything, none of which overlap; nothing else is read.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    ObjectTable

    Raises
    ------
    ShapeError
        If it is no volume, or its elements are no ids.
    """
    shape = _checked(labels)
    boxes = within
    if boxes is None:
        boxes = [block.core for block in plan_blocks(shape, _box_shape(labels, shape))]
    dtype = np.dtype(labels.dtype)
    rows = [_no_rows(np.dtype(np.uint8) if dtype.kind == "b" else dtype)]
    yield StageStarted(STAGE, 0, len(boxes))
    for done, box in enumerate(boxes, start=1):
        rows.append(_measure_box(np.asarray(labels[box_slices(box)]), box))
        if sum(len(part.ids) for part in rows[1:]) > max(_GATHERED, len(rows[0].ids)):
            rows = [_joined(rows)]
        z, y, x = ((span.start, span.stop) for span in box)
        yield BlockDone(STAGE, (z, y, x), done, len(boxes))
    return _table(_joined(rows), shape, voxel_size)


def typical_diameter(
    voxels: NDArray[np.integer[Any]] | Sequence[int],
    voxel_size: VoxelSize | None = None,
    model_voxel_size: VoxelSize | None = None,
) -> float | None:
    """Give the diameter of a typical object: that of a ball as large, by the median.

    Parameters
    ----------
    voxels : array of int, (K,)
        How many voxels each object has.
    voxel_size, model_voxel_size : tuple of float, optional
        Of the image, and of what a model was trained on, along Z, Y, X. Without that
        of the image the diameter is that of the objects as they lie in their grid,
        which is what a model's `object_diameter` is. With it, it is what
        `skoots.segment` is to be given as `diameter`: there the depth of a voxel is
        set right on top, and where the image's voxels are relatively deeper than the
        model's, an object counts fewer of them. A model that says none counts as one
        of cubes.

    Returns
    -------
    float or None
        In voxels; None without objects.

    Notes
    -----
    For a ball of n voxels the diameter is ``(6 n / pi) ** (1 / 3)``.

    Examples
    --------
    >>> round(typical_diameter([4189, 4189, 10]), 1)
    20.0
    """
    counts = np.asarray(voxels, np.float64)
    if not counts.size:
        return None
    diameter = float(np.median((6 * counts / math.pi) ** (1 / 3)))
    if voxel_size is None:
        return diameter
    here = voxel_size[0] / voxel_size[1]
    there = model_voxel_size[0] / model_voxel_size[1] if model_voxel_size else 1.0
    return float(diameter * (here / there) ** (1 / 3))


def _checked(labels: Array) -> Shape3:
    shape, dtype = tuple(labels.shape), np.dtype(labels.dtype)
    if len(shape) != 3 or 0 in shape:
        raise ShapeError(
            f"Labels of shape {shape} are no volume. Give three axes Z, Y, X with at "
            "least one voxel."
        )
    if dtype.kind not in "bui":
        raise ShapeError(
            f"Labels of type {dtype} are no ids. Give whole numbers, one for each "
            "object."
        )
    return int(shape[0]), int(shape[1]), int(shape[2])


def _box_shape(labels: Array, shape: Shape3) -> Shape3:
    """Gather whole chunks into boxes, along the columns first: chunks are read once."""
    edges = list(_LEAST_BOX)
    chunks = getattr(labels, "chunks", None)  # dask lists the sizes along each axis
    if chunks is not None and len(chunks) == 3:
        firsts = (max(c) if isinstance(c, tuple) else c for c in chunks)
        edges = [int(edge) for edge in firsts]
    for axis in (2, 1, 0):
        while edges[axis] < shape[axis] and 2 * math.prod(edges) <= _BOX_VOXELS:
            edges[axis] *= 2
    return edges[0], edges[1], edges[2]


def _measure_box(part: NDArray[Any], box: Box) -> _Rows:
    if part.dtype.kind == "b":
        part = part.astype(np.uint8)
    if part.dtype.kind == "i":
        part = np.maximum(part, 0)
    if not part.any():
        return _no_rows(part.dtype)
    # ids may be any numbers, and the statistics are counted from 1 without gaps
    dense, names = fastremap.renumber(part, in_place=False)
    found = cc3d.statistics(dense, no_slice_conversion=True)
    known = np.zeros(len(found["voxel_counts"]), part.dtype)
    for name, number in names.items():
        known[int(number)] = name
    voxels = np.asarray(found["voxel_counts"], np.int64)[1:]
    corner = np.array([span.start for span in box])
    bounds = np.asarray(found["bounding_boxes"], np.int64).reshape(-1, 3, 2)[1:]
    centres = np.asarray(found["centroids"], np.float64)[1:] + corner
    return _Rows(
        known[1:],
        voxels,
        centres * voxels[:, None],
        bounds[..., 0] + corner,
        bounds[..., 1] + corner + 1,
    )


def _no_rows(dtype: np.dtype[Any]) -> _Rows:
    none = np.zeros((0, 3), np.int64)
    return _Rows(
        np.zeros(0, dtype), np.zeros(0, np.int64), np.zeros((0, 3)), none, none
    )


def _joined(rows: Sequence[_Rows]) -> _Rows:
    """Make one row of all rows of one object."""
    ids, voxels, sums, low, high = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    found, where = np.unique(ids, return_inverse=True)
    count = len(found)
    all_voxels = np.zeros(count, np.int64)
    np.add.at(all_voxels, where, voxels)
    all_sums = np.zeros((count, 3))
    np.add.at(all_sums, where, sums)
    lowest = np.full((count, 3), np.iinfo(np.int64).max)
    np.minimum.at(lowest, where, low)
    highest = np.zeros((count, 3), np.int64)
    np.maximum.at(highest, where, high)
    return _Rows(found, all_voxels, all_sums, lowest, highest)


def _table(rows: _Rows, shape: Shape3, voxel_size: VoxelSize | None) -> ObjectTable:
    # along an axis of one voxel all would touch, and none is cut off
    deep = np.array(shape) > 1
    volumes = None
    if voxel_size is not None:
        volumes = rows.voxels.astype(np.float64) * math.prod(voxel_size)
    touches = ((rows.low == 0) | (rows.high == np.array(shape))) & deep
    return ObjectTable(
        ids=rows.ids,
        voxels=rows.voxels,
        volume_um3=volumes,
        centroid_zyx=rows.sums / np.maximum(rows.voxels, 1)[:, None],
        box_zyx=np.stack([rows.low, rows.high], axis=-1),
        at_face=touches.any(axis=1),
    )
