"""The Triton twin of `nearest_point_reference`: one program per group of voxels.

Labelled voxels are sorted by object and by brick, and cut into groups of one object. A
program boxes its group, bounds the distance by the boxes of the object's blocks of
points, and reads only blocks that can hold a nearest point. Sorting and searching stay
on the device.
"""

# triton brings no types, and a kernel is not Python
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
import triton  # type: ignore[import-untyped,import-not-found,unused-ignore]  # brings no types
import triton.language as tl  # type: ignore[import-untyped,import-not-found,unused-ignore]  # the same

from skoots.kernels.nearest_point.pack import BLOCK

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.kernels.nearest_point.pack import PackedPoints

_GROUP = 128
_EDGE = 8


class _Groups(NamedTuple):
    """Labelled voxels, and where the groups of one object each begin and end."""

    voxels: Tensor  # (M,) places in the flat volume
    slot: Tensor  # (T,) which object
    start: Tensor  # (T,)
    stop: Tensor  # (T,)


@triton.jit
def _box_gap(boxes, n_boxes, axis, low, high):
    """Least and greatest difference of two boxes along one axis, never below zero."""
    first = tl.load(boxes + axis * n_boxes)
    last = tl.load(boxes + (axis + 3) * n_boxes)
    least = tl.maximum(tl.maximum(low - last, first - high), 0.0)
    return least, tl.maximum(high - first, last - low)


@triton.jit
def _nearest_point_kernel(
    voxels,
    group_slot,
    group_start,
    group_stop,
    planes,
    offsets,
    boxes,
    box_offsets,
    nearest,
    distance,
    n_volume,
    n_points,
    n_boxes,
    Y,
    Z,
    sx,
    sy,
    sz,
    DISTANCE: tl.constexpr,
    GROUP: tl.constexpr,
    BLOCK: tl.constexpr,
):
    group = tl.program_id(0).to(tl.int64)
    slot = tl.load(group_slot + group)
    m = tl.load(group_start + group) + tl.arange(0, GROUP)
    mine = m < tl.load(group_stop + group)
    place = tl.load(voxels + m, mask=mine, other=0)
    x = (place // Z // Y).to(tl.float32)
    y = (place // Z % Y).to(tl.float32)
    z = (place % Z).to(tl.float32)
    far = float("inf")
    x0 = tl.min(tl.where(mine, x, far), axis=0)
    y0 = tl.min(tl.where(mine, y, far), axis=0)
    z0 = tl.min(tl.where(mine, z, far), axis=0)
    x1 = tl.max(tl.where(mine, x, -far), axis=0)
    y1 = tl.max(tl.where(mine, y, -far), axis=0)
    z1 = tl.max(tl.where(mine, z, -far), axis=0)
    first_box = tl.load(box_offsets + slot)
    stop_box = tl.load(box_offsets + slot + 1)
    first = tl.load(offsets + slot)
    stop = tl.load(offsets + slot + 1)

    least = tl.full((GROUP,), far, tl.float32)
    winner = tl.zeros((GROUP,), tl.int64) + first
    bound = tl.max(least, axis=0)
    for k in range(first_box, stop_box):
        _, dx = _box_gap(boxes + k, n_boxes, 0, x0, x1)
        _, dy = _box_gap(boxes + k, n_boxes, 1, y0, y1)
        _, dz = _box_gap(boxes + k, n_boxes, 2, z0, z1)
        ex = dx * sx
        ey = dy * sy
        ez = dz * sz
        bound = tl.minimum(bound, ex * ex + ey * ey + ez * ez)

    for k in range(first_box, stop_box):
        dx, _ = _box_gap(boxes + k, n_boxes, 0, x0, x1)
        dy, _ = _box_gap(boxes + k, n_boxes, 1, y0, y1)
        dz, _ = _box_gap(boxes + k, n_boxes, 2, z0, z1)
        ex = dx * sx
        ey = dy * sy
        ez = dz * sz
        if ex * ex + ey * ey + ez * ez <= bound:
            base = first + (k - first_box) * BLOCK
            n = base + tl.arange(0, BLOCK)
            there = n < stop
            px = tl.load(planes + n, mask=there, other=0.0)
            py = tl.load(planes + n_points + n, mask=there, other=0.0)
            pz = tl.load(planes + 2 * n_points + n, mask=there, other=0.0)
            fx = (px[None, :] - x[:, None]) * sx  # (GROUP, BLOCK)
            fy = (py[None, :] - y[:, None]) * sy
            fz = (pz[None, :] - z[:, None]) * sz
            gap = tl.where(there[None, :], fx * fx + fy * fy + fz * fz, far)
            closest, which = tl.min(
                gap, axis=1, return_indices=True, return_indices_tie_break_left=True
            )
            closer = closest < least  # strict: of equals the first stays
            least = tl.where(closer, closest, least)
            winner = tl.where(closer, base + which, winner)
            worst = tl.max(tl.where(mine, least, 0.0), axis=0)
            bound = tl.minimum(bound, worst)

    for axis in tl.static_range(3):
        point = tl.load(planes + axis * n_points + winner, mask=mine)
        tl.store(nearest + axis * n_volume + place, point, mask=mine)
    if DISTANCE:
        tl.store(distance + place, tl.sqrt(least), mask=mine)


def nearest_point_triton(
    labels: Tensor,
    packed: PackedPoints,
    spacing: tuple[float, float, float],
    *,
    distance: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Run the kernel; as `nearest_point_reference`."""
    nearest = torch.zeros((3, *labels.shape), device=labels.device)
    gaps = torch.zeros(labels.shape if distance else (1, 1, 1), device=labels.device)
    groups = _group(labels, packed)
    if len(groups.slot):
        _nearest_point_kernel[(len(groups.slot),)](
            *groups,
            packed.planes,
            packed.offsets,
            packed.boxes,
            packed.box_offsets,
            nearest,
            gaps,
            labels.numel(),
            packed.planes.shape[1],
            packed.boxes.shape[1],
            *labels.shape[1:],
            *spacing,
            DISTANCE=distance,
            GROUP=_GROUP,
            BLOCK=BLOCK,
            enable_fp_fusion=False,  # as the reference rounds, so that bounds hold
        )
    return nearest, gaps if distance else None


def _group(labels: Tensor, packed: PackedPoints) -> _Groups:
    voxels, slots = _sorted_voxels(labels, packed)
    owners, counts = torch.unique_consecutive(slots, return_counts=True)
    ends = counts.cumsum(0)
    groups = (counts + _GROUP - 1) // _GROUP
    owner = torch.repeat_interleave(groups)  # (T,) which of `owners`
    within = torch.arange(len(owner), device=labels.device)
    within -= (groups.cumsum(0) - groups)[owner]
    start = (ends - counts)[owner] + within * _GROUP
    stop = torch.minimum(start + _GROUP, ends[owner])
    return _Groups(voxels, owners[owner], start, stop)


def _sorted_voxels(labels: Tensor, packed: PackedPoints) -> tuple[Tensor, Tensor]:
    """Places of voxels that have points, and their slots, by object and brick."""
    flat = labels.flatten()
    voxels = (flat > 0).nonzero().squeeze(1)
    if not len(packed.ids):
        return voxels[:0], voxels[:0]
    ids = flat[voxels].long()
    slots = torch.searchsorted(packed.ids, ids).clamp_(max=len(packed.ids) - 1)
    known = packed.ids[slots] == ids
    voxels, slots = voxels[known], slots[known]
    _, rows, depth = labels.shape
    bricks_y, bricks_z = -(-rows // _EDGE), -(-depth // _EDGE)
    x = voxels // depth // rows // _EDGE
    y = voxels // depth % rows // _EDGE
    z = voxels % depth // _EDGE
    brick = (x * bricks_y + y) * bricks_z + z
    # by brick, then by object: two stable sorts need no key that could overflow
    order = brick.argsort(stable=True)
    order = order[slots[order].argsort(stable=True)]
    return voxels[order], slots[order]
