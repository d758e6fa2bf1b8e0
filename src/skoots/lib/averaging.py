"""Smooth baked skeletons within an object, so that the target has no jumps.

The mean over a neighbourhood counts only voxels that share the label of the middle
one. Differences to the middle are summed, not coordinates: their rounding error does
not grow with the volume.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from skoots.kernels.dispatch import choose_twin
from skoots.kernels.jit import compiled
from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_SMALL = 1 << 17

_STRIP = 256
"""Voxels that are averaged at once: their sums stay in the fastest memory."""


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


class _Window(NamedTuple):
    """Planes round the one in work, with a rim of background, one after another."""

    values: NDArray[np.float32]
    """(side, 3, (Y + 2 radius) * (Z + 2 radius))."""

    labels: NDArray[np.int32]
    wanted: NDArray[np.int32]
    """(side, ...). Plane x stands at ``x % side``."""


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
    """Average planes `start` to `stop` along X.

    A plane with its rim is one long row, in which a neighbour lies always as far away:
    all 27 are added by the vector units, whatever the extent along Z.
    """
    side = 2 * radius + 1
    size = (values.shape[2] + 2 * radius) * (values.shape[3] + 2 * radius)
    window = _Window(
        np.zeros((side, 3, size), np.float32),
        np.zeros((side, size), np.int32),
        np.zeros((side, size), np.int32),
    )
    sums = np.empty((5, _STRIP), np.float32)
    means = np.empty((3, size), np.float32)
    for x in range(start - radius, stop + radius):
        _load_plane(values, wanted, labels, x, window)
        if x - radius >= start:
            means[:] = 0
            _average_plane(
                window, x - radius, labels.shape[2] + 2 * radius, sums, means
            )
            _store_plane(means, radius, out[:, x - radius])


@compiled
def _load_plane(
    values: NDArray[np.float32],
    wanted: NDArray[np.int32],
    labels: NDArray[np.int32],
    x: int,
    window: _Window,
) -> None:
    x_size, y_size, z_size = labels.shape
    side = len(window.labels)
    radius, slot = side // 2, (x + side) % side
    if x < 0 or x >= x_size:
        window.labels[slot] = 0
        return
    for y in range(y_size):
        first = (y + radius) * (z_size + 2 * radius) + radius
        window.labels[slot, first : first + z_size] = labels[x, y]
        window.wanted[slot, first : first + z_size] = wanted[x, y]
        for axis in range(3):
            window.values[slot, axis, first : first + z_size] = values[axis, x, y]


@compiled
def _store_plane(
    means: NDArray[np.float32], radius: int, out: NDArray[np.float32]
) -> None:
    _, y_size, z_size = out.shape
    for y in range(y_size):
        first = (y + radius) * (z_size + 2 * radius) + radius
        for axis in range(3):
            out[axis, y] = means[axis, first : first + z_size]


@compiled
def _average_plane(
    window: _Window,
    x: int,
    width: int,
    sums: NDArray[np.float32],
    means: NDArray[np.float32],
) -> None:
    """Average one plane in strips; those without foreground cost nothing."""
    side, size = window.labels.shape
    radius = side // 2
    middle, rim = x % side, radius * width + radius
    for first in range(rim, size - rim, _STRIP):
        last = min(first + _STRIP, size - rim)
        if not window.wanted[middle, first:last].any():
            continue
        sums[:] = 0
        for near in range(x - radius, x + radius + 1):
            slot = (near + side) % side
            for shift in range(-radius * width, radius * width + 1, width):
                for step in range(shift - radius, shift + radius + 1):
                    _add(window, (middle, first, last), (slot, step), sums)
        _write_means(window.values[middle], sums, first, last, means)


@compiled
def _add(
    window: _Window,
    strip: tuple[int, int, int],
    shift: tuple[int, int],
    sums: NDArray[np.float32],
) -> None:
    """Add the steps from a strip to its neighbours, where these are wanted.

    Every slice below is contiguous, and no loop writes more than one row, or the loops
    would not use the vector units.
    """
    row, first, last = strip
    near, start, stop = shift[0], first + shift[1], last + shift[1]
    same, count = sums[4], sums[3]
    _match(window.wanted[row, first:last], window.labels[near, start:stop], same)
    for i in range(len(count)):
        count[i] += same[i]
    for axis in range(3):
        here = window.values[row, axis, first:last]
        there = window.values[near, axis, start:stop]
        _add_steps(here, there, same, sums[axis])


@compiled
def _match(
    wanted: NDArray[np.int32], labels: NDArray[np.int32], same: NDArray[np.float32]
) -> None:
    for i in range(len(wanted)):
        same[i] = np.float32((wanted[i] != 0) & (labels[i] == wanted[i]))


@compiled
def _add_steps(
    here: NDArray[np.float32],
    there: NDArray[np.float32],
    same: NDArray[np.float32],
    total: NDArray[np.float32],
) -> None:
    for i in range(len(here)):
        total[i] += there[i] - here[i] if same[i] > 0 else np.float32(0)


@compiled
def _write_means(
    values: NDArray[np.float32],
    sums: NDArray[np.float32],
    first: int,
    last: int,
    means: NDArray[np.float32],
) -> None:
    count = sums[3]
    for axis in range(3):
        middle, mean = values[axis, first:last], means[axis, first:last]
        total = sums[axis]
        for i in range(len(mean)):
            step = total[i] / max(count[i], np.float32(1))
            mean[i] = middle[i] + step if count[i] > 0 else np.float32(0)
