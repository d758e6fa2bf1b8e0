"""The numba twin of `nearest_point_reference`: bricks, boxes, then brute force.

The volume is cut into bricks of 8x8x8 voxels. For each label in a brick the tight box
of its voxels is held against the boxes of its object's blocks of points. That bounds
the distance of the nearest point from above, and throws out all points that lie farther
from the whole box. The few that are left are tried on every voxel.

Bounds and distances are computed by one formula in one order. As rounding keeps order,
a bound holds in float32 exactly as it does on paper, and needs no margin.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch

from skoots.kernels.jit import compiled
from skoots.kernels.nearest_point.pack import BLOCK
from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from skoots.kernels.nearest_point.pack import PackedPoints

    Floats: TypeAlias = NDArray[np.float32]
    Ints: TypeAlias = NDArray[np.int64]

_EDGE = 8
_BRICK = _EDGE**3
_SMALL = 1 << 17
_FAR = np.float32(np.inf)
_ZERO = np.float32(0)


class _Objects(NamedTuple):
    """The fields of `PackedPoints`, as arrays, and the scale of the axes."""

    ids: Ints
    planes: Floats
    offsets: Ints
    boxes: Floats
    box_offsets: Ints
    spacing: Floats


class _Brick(NamedTuple):
    """Labelled voxels of one brick, in the order of the volume."""

    voxels: NDArray[np.int32]  # (3, 512)
    group: NDArray[np.int32]  # (512,) which of `labels`
    labels: Ints  # (512,)


class _Search(NamedTuple):
    """Voxels of one label in one brick, their box, and what is known of them."""

    voxels: Floats  # (3, 512)
    box: Floats  # (6,) lowest per axis, then highest
    least: Floats  # (512,) squared distance
    winner: NDArray[np.int32]  # (512,)
    points: NDArray[np.int32]  # candidates
    bounds: Floats  # their least distance from the box, squared


class _Result(NamedTuple):
    nearest: Floats  # (3, X, Y, Z)
    distance: Floats  # (X, Y, Z), or (0, 0, 0) if nobody asks


def nearest_point_cpu(
    labels: Tensor,
    packed: PackedPoints,
    spacing: tuple[float, float, float],
    *,
    distance: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Run the kernel on all threads of torch; as `nearest_point_reference`."""
    # from numpy, which asks the system for huge pages: in torch's own memory the first
    # touch of each page takes as long as the search
    nearest = np.zeros((3, *labels.shape), np.float32)
    gaps = np.zeros(labels.shape if distance else (0, 0, 0), np.float32)
    objects = _Objects(
        packed.ids.numpy(),
        packed.planes.numpy(),
        packed.offsets.numpy(),
        packed.boxes.numpy(),
        packed.box_offsets.numpy(),
        np.array(spacing, np.float32),
    )
    result = _Result(nearest, gaps)
    columns = -(-labels.shape[0] // _EDGE) * -(-labels.shape[1] // _EDGE)
    task = partial(_bake_columns, labels.numpy(), objects, result)
    run_ranges(task, columns, small=labels.numel() < _SMALL)
    found = torch.from_numpy(nearest)
    return found, torch.from_numpy(gaps) if distance else None


@compiled
def _bake_columns(
    labels: NDArray[Any], objects: _Objects, result: _Result, start: int, stop: int
) -> None:
    """Bake the bricks of some columns; a column of bricks runs along Z."""
    rows = (labels.shape[1] + _EDGE - 1) // _EDGE
    brick = _Brick(
        np.empty((3, _BRICK), np.int32),
        np.empty(_BRICK, np.int32),
        np.empty(_BRICK, np.int64),
    )
    longest = 0
    for k in range(len(objects.ids)):
        longest = max(longest, objects.offsets[k + 1] - objects.offsets[k])
    search = _Search(
        np.empty((3, _BRICK), np.float32),
        np.empty(6, np.float32),
        np.empty(_BRICK, np.float32),
        np.empty(_BRICK, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.float32),
    )
    for column in range(start, stop):
        x = column // rows * _EDGE
        y = column % rows * _EDGE
        for z in range(0, labels.shape[2], _EDGE):
            n_voxels, n_labels = _gather(labels, x, y, z, brick)
            for g in range(n_labels):
                k = _find(objects.ids, brick.labels[g])
                if k >= 0:
                    n = _select(brick, g, n_voxels, search)
                    candidates = _candidates(objects, k, search)
                    _try_all(objects, search, candidates, n)
                    _write(objects, search, n, result)


@compiled
def _gather(
    labels: NDArray[Any], x0: int, y0: int, z0: int, brick: _Brick
) -> tuple[int, int]:
    """List the labelled voxels of a brick; give their number and that of labels."""
    voxels = 0
    groups = 0
    group = 0
    last = np.int64(0)
    z1 = min(labels.shape[2], z0 + _EDGE)
    for x in range(x0, min(labels.shape[0], x0 + _EDGE)):
        for y in range(y0, min(labels.shape[1], y0 + _EDGE)):
            for z in range(z0, z1):
                label = np.int64(labels[x, y, z])
                if label <= 0:
                    continue
                if label != last:
                    last = label
                    group = 0
                    while group < groups and brick.labels[group] != label:
                        group += 1
                    if group == groups:
                        brick.labels[group] = label
                        groups += 1
                brick.voxels[0, voxels] = x
                brick.voxels[1, voxels] = y
                brick.voxels[2, voxels] = z
                brick.group[voxels] = group
                voxels += 1
    return voxels, groups


@compiled
def _find(ids: Ints, label: int) -> int:
    """Place of `label` in the rising `ids`, or -1."""
    k = int(np.searchsorted(ids, label))
    return k if k < len(ids) and ids[k] == label else -1


@compiled
def _select(brick: _Brick, group: int, voxels: int, search: _Search) -> int:
    """Copy the voxels of one label, and box them; give their number."""
    n = 0
    for v in range(voxels):
        if brick.group[v] == group:
            for axis in range(3):
                search.voxels[axis, n] = brick.voxels[axis, v]
            n += 1
    for axis in range(3):
        low = high = search.voxels[axis, 0]
        for v in range(1, n):
            low = min(low, search.voxels[axis, v])
            high = max(high, search.voxels[axis, v])
        search.box[axis] = low
        search.box[axis + 3] = high
    return n


@compiled
def _squared(dx: np.float32, dy: np.float32, dz: np.float32, s: Floats) -> np.float32:
    """The one formula: scale, then square, then add in the order of the axes."""
    ex: np.float32 = dx * s[0]
    ey: np.float32 = dy * s[1]
    ez: np.float32 = dz * s[2]
    return ex * ex + ey * ey + ez * ez


@compiled
def _farthest(box: Floats, low: Floats, high: Floats, s: Floats) -> np.float32:
    """Squared distance that no pair out of two boxes exceeds."""
    return _squared(
        max(high[0] - box[0], box[3] - low[0]),
        max(high[1] - box[1], box[4] - low[1]),
        max(high[2] - box[2], box[5] - low[2]),
        s,
    )


@compiled
def _closest(box: Floats, low: Floats, high: Floats, s: Floats) -> np.float32:
    """Squared distance that no pair out of two boxes undercuts."""
    return _squared(
        max(low[0] - box[3], box[0] - high[0], _ZERO),
        max(low[1] - box[4], box[1] - high[1], _ZERO),
        max(low[2] - box[5], box[2] - high[2], _ZERO),
        s,
    )


@compiled
def _candidates(objects: _Objects, k: int, search: _Search) -> int:
    """List the points of object `k` that can be nearest to a voxel of the box."""
    first = objects.offsets[k]
    last = objects.offsets[k + 1]
    block0 = objects.box_offsets[k]
    block1 = objects.box_offsets[k + 1]
    boxes = objects.boxes
    s = objects.spacing
    bound = _FAR
    for b in range(block0, block1):
        bound = min(bound, _farthest(search.box, boxes[:3, b], boxes[3:, b], s))
    n = 0
    for b in range(block0, block1):
        if _closest(search.box, boxes[:3, b], boxes[3:, b], s) > bound:
            continue
        begin = first + (b - block0) * BLOCK
        for j in range(begin, min(last, begin + BLOCK)):
            p = objects.planes[:, j]
            bound = min(bound, _farthest(search.box, p, p, s))
            lower = _closest(search.box, p, p, s)
            search.points[n] = j
            search.bounds[n] = lower
            n += 1 if lower <= bound else 0
    kept = 0
    for i in range(n):  # the bound has come down since the first were taken
        if search.bounds[i] <= bound:
            search.points[kept] = search.points[i]
            kept += 1
    return kept


@compiled
def _try_all(objects: _Objects, search: _Search, candidates: int, voxels: int) -> None:
    """Find the nearest candidate of each voxel."""
    # rows taken once, by index so that they are known to be contiguous: only then is
    # the inner loop vectorised (0.3 ns a pair; through the tuples it took 9.5)
    x, y, z = search.voxels[0], search.voxels[1], search.voxels[2]
    px, py, pz = objects.planes[0], objects.planes[1], objects.planes[2]
    s0, s1, s2 = objects.spacing
    least = search.least[:voxels]
    winner = search.winner[:voxels]
    least[:] = _FAR
    winner[:] = search.points[0]
    for i in range(candidates):
        j = search.points[i]
        qx, qy, qz = px[j], py[j], pz[j]
        for v in range(voxels):
            ex = (qx - x[v]) * s0
            ey = (qy - y[v]) * s1
            ez = (qz - z[v]) * s2
            d = ex * ex + ey * ey + ez * ez
            closer = d < least[v]
            least[v] = d if closer else least[v]
            winner[v] = j if closer else winner[v]


@compiled
def _write(objects: _Objects, search: _Search, voxels: int, result: _Result) -> None:
    wanted = result.distance.size > 0
    for v in range(voxels):
        x = np.int64(search.voxels[0, v])
        y = np.int64(search.voxels[1, v])
        z = np.int64(search.voxels[2, v])
        for axis in range(3):
            result.nearest[axis, x, y, z] = objects.planes[axis, search.winner[v]]
        if wanted:
            result.distance[x, y, z] = np.sqrt(search.least[v])
