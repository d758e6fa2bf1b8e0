"""Sample crops on the processor, compiled by numba.

Two ways. Where each plane of the crop is a plane of the volume, the four corners of a
place are the same for a whole column along Z, and the columns are mixed by the vector
units. Else each voxel is looked up by itself; only places whose corners leave the block
pay for reflection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skoots.kernels.jit import compiled
from skoots.kernels.sample_crop.reference import reflect

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.kernels.sample_crop.crop_map import CropMap

_READ_AS_IS = {torch.uint8, torch.float32}
"""Other types of images are turned into float32 first, to compile no more twins."""


def sample_linear_cpu(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3
) -> Tensor:
    """Sample an image; see `skoots.kernels.sample_crop.op.sample_linear`."""
    block = block if block.dtype in _READ_AS_IS else block.to(torch.float32)
    flat = crop.keeps_planes
    if flat:
        block = block.index_select(3, _planes(crop, origin[2], extent[2]))
    out = np.empty((len(block), *crop.shape), np.float32)
    for channel, made in zip(block, out, strict=True):
        values = channel.contiguous().numpy()
        place = (crop.matrix, crop.start, origin, extent)
        if flat:
            _mix_columns(values, *place, made)
        else:
            _mix_voxels(values, *place, *_columns(crop), made)
    return torch.from_numpy(out)


def sample_labels_cpu(
    block: Tensor, crop: CropMap, origin: Shape3, extent: Shape3, outside: int
) -> Tensor:
    """Sample labels; see `skoots.kernels.sample_crop.op.sample_labels`."""
    values = block.contiguous().numpy()
    out = np.empty(crop.shape, values.dtype)
    edge = values.dtype.type(outside)
    place = (crop.matrix, crop.start, origin, extent)
    if crop.keeps_planes:
        planes = int(crop.start[2]) + int(crop.matrix[2, 2]) * np.arange(crop.shape[2])
        _pick_columns(values, *place, planes, edge, out)
    else:
        _pick_voxels(values, *place, *_columns(crop), edge, out)
    return torch.from_numpy(out)


def _planes(crop: CropMap, origin: int, extent: int) -> Tensor:
    """Plane of the block that each plane of the crop shows."""
    steps = torch.arange(crop.shape[2]) * int(crop.matrix[2, 2])
    return reflect(steps + int(crop.start[2]), extent) - origin


def _columns(crop: CropMap) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if crop.bend is not None:
        return crop.bend.columns()
    return np.zeros((3, 1, 1, 0)), np.zeros((0, crop.shape[2]))


@compiled
def _reflect(i: int, n: int) -> int:
    if n == 1:
        return 0
    period = 2 * (n - 1)
    i = abs(i) % period
    return period - i if i >= n else i


@compiled
def _mix_columns(
    block: NDArray[Any],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    origin: Shape3,
    extent: Shape3,
    out: NDArray[np.float32],
) -> None:
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
            near, far = block[xa, ya], block[xa, yb]
            near_b, far_b = block[xb, ya], block[xb, yb]
            column = out[i, j]
            waa, wab, wba, wbb = gx * gy, gx * fy, fx * gy, fx * fy
            for k in range(len(column)):
                column[k] = (
                    waa * np.float32(near[k])
                    + wab * np.float32(far[k])
                    + wba * np.float32(near_b[k])
                    + wbb * np.float32(far_b[k])
                )


@compiled
def _pick_columns(
    block: NDArray[Any],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    origin: Shape3,
    extent: Shape3,
    planes: NDArray[np.int64],
    edge: Any,  # noqa: ANN401 - of the type of the block
    out: NDArray[Any],
) -> None:
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
def _trace(
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    columns: NDArray[np.float64],
    curve: NDArray[np.float64],
    i: int,
    j: int,
    shifted: NDArray[np.float64],
    places: NDArray[np.float64],
) -> None:
    """Find where the voxels of the column at `i`, `j` lie. (3, Z)."""
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
def _mix_voxels(
    block: NDArray[Any],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    origin: Shape3,
    extent: Shape3,
    columns: NDArray[np.float64],
    curve: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    shifted = np.empty((3, out.shape[2]))
    places = np.empty((3, out.shape[2]))
    n0, n1, n2 = block.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            _trace(matrix, start, columns, curve, i, j, shifted, places)
            xs, ys, zs = places[0], places[1], places[2]
            column = out[i, j]
            for k in range(len(column)):
                x, y, z = np.floor(xs[k]), np.floor(ys[k]), np.floor(zs[k])
                fx = np.float32(xs[k] - x)
                fy = np.float32(ys[k] - y)
                fz = np.float32(zs[k] - z)
                xa = int(x) - origin[0]
                ya = int(y) - origin[1]
                za = int(z) - origin[2]
                xb, yb, zb = xa + 1, ya + 1, za + 1
                inside = xa >= 0 and xb < n0 and ya >= 0 and yb < n1
                if not (inside and za >= 0 and zb < n2):
                    xa = _reflect(int(x), extent[0]) - origin[0]
                    xb = _reflect(int(x) + 1, extent[0]) - origin[0]
                    ya = _reflect(int(y), extent[1]) - origin[1]
                    yb = _reflect(int(y) + 1, extent[1]) - origin[1]
                    za = _reflect(int(z), extent[2]) - origin[2]
                    zb = _reflect(int(z) + 1, extent[2]) - origin[2]
                gz = np.float32(1) - fz
                aa = gz * np.float32(block[xa, ya, za]) + fz * np.float32(
                    block[xa, ya, zb]
                )
                ab = gz * np.float32(block[xa, yb, za]) + fz * np.float32(
                    block[xa, yb, zb]
                )
                ba = gz * np.float32(block[xb, ya, za]) + fz * np.float32(
                    block[xb, ya, zb]
                )
                bb = gz * np.float32(block[xb, yb, za]) + fz * np.float32(
                    block[xb, yb, zb]
                )
                gy = np.float32(1) - fy
                near, far = gy * aa + fy * ab, gy * ba + fy * bb
                column[k] = (np.float32(1) - fx) * near + fx * far


@compiled
def _pick_voxels(
    block: NDArray[Any],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    origin: Shape3,
    extent: Shape3,
    columns: NDArray[np.float64],
    curve: NDArray[np.float64],
    edge: Any,  # noqa: ANN401 - of the type of the block
    out: NDArray[Any],
) -> None:
    shifted = np.empty((3, out.shape[2]))
    places = np.empty((3, out.shape[2]))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            _trace(matrix, start, columns, curve, i, j, shifted, places)
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
