"""Turn the network's answer into the bytes that are stored.

On a processor that takes a twentieth of a run: six passes over a tile in float32. But a
number of 16 bits has only 65,536 values; so the formula is calculated once for each of
them, and one pass looks the bytes up.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from skoots.kernels.jit import compiled
from skoots.kernels.threads import run_ranges
from skoots.volume.axes import vectors_to_zyx, xyz_to_zyx, zyx_to_xyz

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

LEAST_PROBABILITY = 0.1
"""Vectors of voxels less probable than this are stored as 0: then they compress to
about half a byte a voxel. No threshold below it makes sense."""

SIGNED, UNSIGNED = 127, 255
"""What a component of 1 and a probability of 1 are stored as."""

_HALF = (torch.bfloat16, torch.float16)
_SMALL = 1 << 16
_STRIP = 64


class Bytes(NamedTuple):
    """The network's answer, as it is stored."""

    probability: NDArray[np.uint8]
    """(Z, Y, X)"""

    skeleton: NDArray[np.uint8]
    """(Z, Y, X)"""

    vectors: NDArray[np.int8]
    """(3, Z, Y, X), along Z, Y, X"""


class _Tables(NamedTuple):
    """What each pattern of 16 bits is stored as."""

    signed: NDArray[np.int8]
    unsigned: NDArray[np.uint8]
    known: NDArray[np.bool_]


def quantise(out: Tensor) -> Bytes:
    """Quantise an answer, on its device.

    Parameters
    ----------
    out : Tensor, (5, X, Y, Z), floating point
        Vectors along X, Y, Z (-1 to 1), skeleton and probability (0 to 1).

    Returns
    -------
    Bytes
    """
    if out.device.type == "cpu" and out.dtype in _HALF:
        return _look_up_all(out)
    vectors = _signed(out[:3]) * _known(out[4])
    return Bytes(
        xyz_to_zyx(_unsigned(out[4]).cpu().numpy()),
        xyz_to_zyx(_unsigned(out[3]).cpu().numpy()),
        vectors_to_zyx(vectors.cpu().numpy()),
    )


def _signed(component: Tensor) -> Tensor:
    return (component.float() * SIGNED).round_().to(torch.int8)


def _unsigned(probability: Tensor) -> Tensor:
    return (probability.float() * UNSIGNED).round_().to(torch.uint8)


def _known(probability: Tensor) -> Tensor:
    return probability.float() >= LEAST_PROBABILITY


def _look_up_all(out: Tensor) -> Bytes:
    planes, rows, columns = out.shape[3], out.shape[1], out.shape[2]
    stored = np.empty((5, planes, rows, columns), np.uint8)
    answer = Bytes(stored[4], stored[3], stored[:3].view(np.int8))
    bits = out.view(torch.int16).numpy().view(np.uint16)
    turned = zyx_to_xyz(stored), zyx_to_xyz(answer.vectors)
    task = partial(_look_up, bits, *turned, _tables(out.dtype))
    run_ranges(task, rows, small=out[0].numel() < _SMALL)
    return answer


@cache
def _tables(dtype: torch.dtype) -> _Tables:
    patterns = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    values = torch.from_numpy(patterns).view(dtype).float().nan_to_num(0)
    return _Tables(
        _signed(values.clamp(-1, 1)).numpy(),
        _unsigned(values.clamp(0, 1)).numpy(),
        _known(values).numpy(),
    )


@compiled
def _look_up(
    bits: NDArray[np.uint16],
    stored: NDArray[np.uint8],
    vectors: NDArray[Any],
    tables: _Tables,
    start: int,
    stop: int,
) -> None:
    """Store the rows from `start` to `stop` of (5, X, Y, Z).

    The answer lies along Z, what is stored along Y: in strips, both stay in the cache.
    """
    _, _, columns, planes = bits.shape
    for x in range(start, stop):
        for strip in range(0, columns, _STRIP):
            for z in range(planes):
                for y in range(strip, min(strip + _STRIP, columns)):
                    probability = bits[4, x, y, z]
                    stored[4, x, y, z] = tables.unsigned[probability]
                    stored[3, x, y, z] = tables.unsigned[bits[3, x, y, z]]
                    # most voxels are background, of which nothing more is read
                    known = tables.known[probability]
                    for c in range(3):  # as `vectors_to_zyx`: z comes first
                        vectors[(c + 1) % 3, x, y, z] = (
                            tables.signed[bits[c, x, y, z]] if known else 0
                        )
