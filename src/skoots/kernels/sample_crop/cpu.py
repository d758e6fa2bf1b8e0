"""Sample crops on the processor, compiled by numba.

Two ways. Where each plane of the crop is a plane of the volume, the four corners of a
place are the same for a whole column along Z, and the columns are mixed by the vector
units. Else each voxel is looked up by itself; only places whose corners leave the block
pay for reflection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch

from skoots.kernels.jit import compiled
from skoots.kernels.sample_crop.reference import reflect

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Floats: TypeAlias = NDArray[np.float64]

    from skoots._types import Shape3
    from skoots.kernels.sample_crop.crop_map import CropMap

_READ_AS_IS = {torch.uint8, torch.float32}
"""Other types of images are turned into float32 first, to compile no more twins."""


class _Where(NamedTuple):
    """A `CropMap` and a block of the volume, as the compiled functions take them."""

    matrix: Floats
    start: Floats
    origin: Shape3
    extent: Shape3
    columns: Floats
    curve: Floats


def sample_linear_cpu(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3
) -> Tensor:
    """Sample an image; see `skoots.kernels.sample_crop.op.sample_linear`."""
    block = block if block.dtype in _READ_AS_IS else block.to(torch.float32)
    where = _where(crop, origin, extent)
    if crop.keeps_planes:
        planes = reflect(torch.from_numpy(_planes(crop)), extent[2]) - origin[2]
        block = block.index_select(3, planes)
    mix = _mix_columns if crop.keeps_planes else _mix_voxels
    out = np.empty((len(block), *crop.shape), np.float32)
    for channel, made in zip(block, out, strict=True):
        mix(channel.contiguous().numpy(), where, made)
    return torch.from_numpy(out)


def sample_labels_cpu(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3, outside: int
) -> Tensor:
    """Sample labels; see `skoots.kernels.sample_crop.op.sample_labels`."""
    values = block.contiguous().numpy()
    out = np.empty(crop.shape, values.dtype)
    edge = values.dtype.type(outside)
    where = _where(crop, origin, extent)
    if crop.keeps_planes:
        _pick_columns(values, where, _planes(crop), edge, out)
    else:
        _pick_voxels(values, where, edge, out)
    return torch.from_numpy(out)


def _planes(crop: CropMap) -> NDArray[np.int64]:
    """Plane of the volume that each plane of the crop shows. (Z,)."""
    return int(crop.start[2]) + int(crop.matrix[2, 2]) * np.arange(crop.shape[2])


def _where(crop: CropMap, origin: Shape3, extent: Shape3) -> _Where:
    columns, curve = np.zeros((3, 1, 1, 0)), np.zeros((0, crop.shape[2]))
    if crop.bend is not None:
        columns, curve = crop.bend.columns()
    matrix = np.ascontiguousarray(crop.matrix)
    return _Where(matrix, crop.start, origin, extent, columns, curve)


@compiled
def _reflect(i: int, n: int) -> int:
    if n == 1:
        return 0
    period = 2 * (n - 1)
    i = abs(i) % period
    return period - i if i >= n else i


@compiled
def _mix_columns(block: NDArray[Any], where: _Where, out: NDArray[np.float32]) -> None:
    matrix, start, origin, extent = where[:4]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = start[0] + matrix[0, 0] * i + matrix[0, 1] * j
            y = start[1] + matrix[1, 0] * i + matrix[1, 1] * j
            x0, y0 = int(np.floor(x)), int(np.floor(y))
            fx, fy = np.float32(x - x0), np.float32(y - y0)
            gx, gy = np.float32(1) - fx, np.float32(1) - fy
            xa = _reflect(x0, extent[0]) - origin[0]
            xb = _reflect(x0 + 1, extent[0]) - origin[0]
            ya = _reflect(y0, extent[1]) - origin[1]
            yb = _reflect(y0 + 1, extent[1]) - origin[1]
            aa, ab, ba, bb = block[xa, ya], block[xa, yb], block[xb, ya], block[xb, yb]
            waa, wab, wba, wbb = gx * gy, gx * fy, fx * gy, fx * fy
            column = out[i, j]
            for k in range(len(column)):
                near = waa * np.float32(aa[k]) + wab * np.float32(ab[k])
                column[k] = near + wba * np.float32(ba[k]) + wbb * np.float32(bb[k])


@compiled
def _pick_columns(
    block: NDArray[Any],
    where: _Where,
    planes: NDArray[np.int64],
    edge: Any,
    out: NDArray[Any],
) -> None:
    matrix, start, origin, extent = where[:4]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = start[0] + matrix[0, 0] * i + matrix[0, 1] * j
            y = start[1] + matrix[1, 0] * i + matrix[1, 1] * j
            xr, yr = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
            column = out[i, j]
            if 0 <= xr < extent[0] and 0 <= yr < extent[1]:
                seen = block[xr - origin[0], yr - origin[1]]
                for k in range(len(column)):
                    z = planes[k]
                    inside = 0 <= z < extent[2]
                    column[k] = seen[z - origin[2]] if inside else edge
            else:
                column[:] = edge


@compiled
def _trace(where: _Where, i: int, j: int, shifted: Floats, places: Floats) -> None:
    """Find where the voxels of the column at `i`, `j` lie. (3, Z)."""
    matrix, start, columns, curve = (
        where.matrix,
        where.start,
        where.columns,
        where.curve,
    )
    for axis in range(3):
        row = shifted[axis]
        row[:] = i if axis == 0 else j
        if axis == 2:
            for k in range(len(row)):
                row[k] = k
        for g in range(curve.shape[0]):
            shift, weight = columns[axis, i, j, g], curve[g]
            for k in range(len(row)):
                row[k] += shift * weight[k]
    p, q, r = shifted[0], shifted[1], shifted[2]
    for axis in range(3):
        row = places[axis]
        s, a, b, c = start[axis], matrix[axis, 0], matrix[axis, 1], matrix[axis, 2]
        for k in range(len(row)):
            row[k] = s + a * p[k] + b * q[k] + c * r[k]


@compiled
def _mix_voxels(block: NDArray[Any], where: _Where, out: NDArray[np.float32]) -> None:
    origin, extent = where.origin, where.extent
    shifted = np.empty((3, out.shape[2]))
    places = np.empty((3, out.shape[2]))
    n0, n1, n2 = block.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            _trace(where, i, j, shifted, places)
            xs, ys, zs = places[0], places[1], places[2]
            column = out[i, j]
            for k in range(len(column)):
                x, y, z = np.floor(xs[k]), np.floor(ys[k]), np.floor(zs[k])
                part = (
                    np.float32(xs[k] - x),
                    np.float32(ys[k] - y),
                    np.float32(zs[k] - z),
                )
                xa, ya, za = int(x) - origin[0], int(y) - origin[1], int(z) - origin[2]
                xb, yb, zb = xa + 1, ya + 1, za + 1
                inside = xa >= 0 and xb < n0 and ya >= 0 and yb < n1
                if not (inside and za >= 0 and zb < n2):
                    xa = _reflect(int(x), extent[0]) - origin[0]
                    xb = _reflect(int(x) + 1, extent[0]) - origin[0]
                    ya = _reflect(int(y), extent[1]) - origin[1]
                    yb = _reflect(int(y) + 1, extent[1]) - origin[1]
                    za = _reflect(int(z), extent[2]) - origin[2]
                    zb = _reflect(int(z) + 1, extent[2]) - origin[2]
                aa = _between(block[xa, ya, za], block[xa, ya, zb], part[2])
                ab = _between(block[xa, yb, za], block[xa, yb, zb], part[2])
                ba = _between(block[xb, ya, za], block[xb, ya, zb], part[2])
                bb = _between(block[xb, yb, za], block[xb, yb, zb], part[2])
                near, far = _between(aa, ab, part[1]), _between(ba, bb, part[1])
                column[k] = _between(near, far, part[0])


@compiled
def _between(near: Any, far: Any, part: np.float32) -> np.float32:
    """Mix two values; the second counts by `part`."""
    mixed: np.float32
    mixed = (np.float32(1) - part) * np.float32(near) + part * np.float32(far)
    return mixed


@compiled
def _pick_voxels(
    block: NDArray[Any], where: _Where, edge: Any, out: NDArray[Any]
) -> None:
    origin, extent = where.origin, where.extent
    shifted = np.empty((3, out.shape[2]))
    places = np.empty((3, out.shape[2]))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            _trace(where, i, j, shifted, places)
            xs, ys, zs = places[0], places[1], places[2]
            column = out[i, j]
            for k in range(len(column)):
                x = int(np.floor(xs[k] + 0.5))
                y = int(np.floor(ys[k] + 0.5))
                z = int(np.floor(zs[k] + 0.5))
                inside = 0 <= x < extent[0] and 0 <= y < extent[1]
                if inside and 0 <= z < extent[2]:
                    column[k] = block[x - origin[0], y - origin[1], z - origin[2]]
                else:
                    column[k] = edge
