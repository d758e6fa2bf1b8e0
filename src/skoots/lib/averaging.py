"""Smooth baked skeletons within an object, so that the target has no jumps.

The mean over a neighbourhood counts only voxels that share the label of the middle
one. Differences to the middle are summed, not coordinates: their rounding error does
not grow with the volume.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.kernels.dispatch import choose_twin
from skoots.kernels.jit import compiled
from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_SMALL = 1 << 17


def average_within(
    values: Tensor, wanted: Tensor, labels: Tensor, radius: int = 1
) -> Tensor:
    """Give each voxel the mean of its neighbours that have the label it wants.

    Parameters
    ----------
    values : Tensor, (3, X, Y, Z), float32
        What to average.
    wanted : Tensor, (X, Y, Z), int32
        Label that counts for the voxel in the middle; 0 gives 0.
    labels : Tensor, (X, Y, Z), int32
        Label of each neighbour. The same tensor as `wanted` keeps within objects.
    radius : int
        Half extent of the cubic neighbourhood, in voxels.

    Returns
    -------
    Tensor, (3, X, Y, Z), float32
        Means; 0 where no neighbour counts.
    """
    if choose_twin(values, wanted, labels) != "cpu":
        return average_within_reference(values, wanted, labels, radius)
    rows, middle, near = (t.contiguous().numpy() for t in (values, wanted, labels))
    out = np.empty_like(rows)
    run_ranges(
        lambda start, stop: _average_planes(
            rows, middle, near, radius, start, stop, out
        ),
        values.shape[1],
        small=wanted.numel() < _SMALL,
    )
    return torch.from_numpy(out)


def average_within_reference(
    values: Tensor, wanted: Tensor, labels: Tensor, radius: int = 1
) -> Tensor:
    """Define `average_within`, shift by shift; runs on every device."""
    total = torch.zeros_like(values)
    count = torch.zeros_like(values[0])
    reach = range(-radius, radius + 1)
    for shift in product(reach, reach, reach):
        middle, neighbour = _overlap(shift, wanted.shape)
        counts = (labels[neighbour] == wanted[middle]) & (wanted[middle] != 0)
        apart = values[:, *neighbour] - values[:, *middle]
        total[:, *middle] += torch.where(counts, apart, 0)
        count[middle] += counts
    mean = values + total / count.clamp(min=1)
    return torch.where(count > 0, mean, 0)


def _overlap(
    shift: tuple[int, ...], shape: torch.Size
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Voxels that have a neighbour at a shift, and these neighbours."""
    pairs = list(zip(shift, shape, strict=True))
    middle = tuple(slice(max(0, -s), max(0, n - max(0, s))) for s, n in pairs)
    neighbour = tuple(slice(max(0, s), max(0, n - max(0, -s))) for s, n in pairs)
    return middle, neighbour


@compiled
def _average_planes(
    values: NDArray[np.float32],
    wanted: NDArray[np.int32],
    labels: NDArray[np.int32],
    radius: int,
    start: int,
    stop: int,
    out: NDArray[np.float32],
) -> None:
    """Average planes `start` to `stop` along X, row by row along Z."""
    _, x_size, y_size, z_size = values.shape
    flat = values.reshape(3, x_size * y_size, z_size)
    middles = wanted.reshape(x_size * y_size, z_size)
    neighbours = labels.reshape(x_size * y_size, z_size)
    means = out.reshape(3, x_size * y_size, z_size)
    sums = np.empty((4, z_size), np.float32)
    for row in range(start * y_size, stop * y_size):
        x, y = row // y_size, row % y_size
        span = _span(middles[row])
        sums[:] = 0
        for near_x in range(max(0, x - radius), min(x_size, x + radius + 1)):
            for near_y in range(max(0, y - radius), min(y_size, y + radius + 1)):
                rows = (row, near_x * y_size + near_y)
                for shift in range(-radius, radius + 1):
                    _add_row(flat, middles, neighbours, rows, span, shift, sums)
        _write_means(flat, row, sums, means)


@compiled
def _write_means(
    values: NDArray[np.float32],
    row: int,
    sums: NDArray[np.float32],
    means: NDArray[np.float32],
) -> None:
    count = sums[3]
    for axis in range(3):
        middle, total, mean = values[axis, row], sums[axis], means[axis, row]
        for z in range(len(count)):
            step = total[z] / max(count[z], np.float32(1))
            mean[z] = middle[z] + step if count[z] > 0 else np.float32(0)


@compiled
def _span(wanted: NDArray[np.int32]) -> tuple[int, int]:
    """Where the foreground of a row starts and stops."""
    last = len(wanted)
    while last > 0 and wanted[last - 1] == 0:
        last -= 1
    first = 0
    while first < last and wanted[first] == 0:
        first += 1
    return first, last


@compiled
def _add_row(
    values: NDArray[np.float32],
    wanted: NDArray[np.int32],
    labels: NDArray[np.int32],
    rows: tuple[int, int],
    span: tuple[int, int],
    shift: int,
    sums: NDArray[np.float32],
) -> None:
    """Add the second row, moved by `shift`, to the sums and the count of the first.

    Every slice below is contiguous, or the loops would not use the vector units.
    """
    row, near = rows
    low = max(span[0], -shift)
    high = min(span[1], wanted.shape[1] - shift)
    if low >= high:
        return
    here, there = wanted[row, low:high], labels[near, low + shift : high + shift]
    _add_count(here, there, sums[3, low:high])
    for axis in range(3):
        middle = values[axis, row, low:high]
        neighbour = values[axis, near, low + shift : high + shift]
        _add_steps(middle, here, neighbour, there, sums[axis, low:high])


@compiled
def _add_count(
    wanted: NDArray[np.int32], labels: NDArray[np.int32], count: NDArray[np.float32]
) -> None:
    """Count a row of neighbours where they are wanted."""
    for z in range(len(wanted)):
        same = (wanted[z] != 0) & (labels[z] == wanted[z])
        count[z] += np.float32(same)


@compiled
def _add_steps(
    middle: NDArray[np.float32],
    wanted: NDArray[np.int32],
    neighbour: NDArray[np.float32],
    labels: NDArray[np.int32],
    total: NDArray[np.float32],
) -> None:
    """Add the steps from a row to its neighbours where these are wanted."""
    for z in range(len(wanted)):
        same = (wanted[z] != 0) & (labels[z] == wanted[z])
        total[z] += neighbour[z] - middle[z] if same else np.float32(0)
