"""Pick parts of a volume that stand for the whole, always the same ones."""

from __future__ import annotations

import hashlib
from itertools import product
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from skoots.volume.tiling import Span, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import DTypeLike, NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box

SAMPLES = 64
"""Boxes in a sample, at most."""

EDGE = 64
"""Edge of a box of a sample, in voxels."""

_PIECE: Shape3 = (16, 256, 256)
_SIGNED_WHOLE = 1 << 22  # voxels that are signed in a blink
_SIGNED_EDGE = 16


def sample_boxes(shape: Shape3, whole_below: int = 0, edge: int = EDGE) -> list[Box]:
    """Give boxes spread evenly over a volume, or all of a small one.

    Parameters
    ----------
    shape : tuple of int
        Extent of the volume, in voxels.
    whole_below : int
        A volume of fewer voxels is covered whole, by as many boxes as it takes.
    edge : int
        Edge of a box, in voxels; shorter where the volume is.

    Returns
    -------
    list of Box
        They never overlap; in a sample there are at most `SAMPLES` of them.

    Examples
    --------
    >>> [b[2] for b in sample_boxes((1, 1, 1000), edge=400)]
    [Span(start=0, stop=400), Span(start=600, stop=1000)]
    """
    if np.prod(shape, dtype=np.int64) < whole_below:
        return [block.core for block in plan_blocks(shape, _PIECE)]
    counts = _spread(shape, edge)
    axes = [_spans(n, edge, count) for n, count in zip(shape, counts, strict=True)]
    return [(z, y, x) for z, y, x in product(*axes)]


def sign(shape: Shape3, dtype: DTypeLike, read: Callable[[Box], NDArray[Any]]) -> str:
    """Give a name for a volume that changes when the volume does.

    Small volumes are signed whole, large ones by a sample: the signature tells one
    image from another, it does not prove that no voxel was painted over.

    Parameters
    ----------
    shape : tuple of int
        Extent of the volume, in voxels.
    dtype : DTypeLike
        Type of what `read` returns.
    read : callable
        Gives the voxels of a box.

    Returns
    -------
    str
        64 hexadecimal digits. Neither the place nor the file format counts.
    """
    digest = hashlib.sha256(f"{shape} {np.dtype(dtype).name}".encode())
    for box in sample_boxes(shape, _SIGNED_WHOLE, _SIGNED_EDGE):
        part = read(box)
        little = part.dtype.newbyteorder("<")
        digest.update(np.ascontiguousarray(part, dtype=little).tobytes())
    return digest.hexdigest()


def _spread(shape: Shape3, edge: int) -> list[int]:
    """Give the boxes along each axis: doubled where the gaps are widest."""
    counts = [1, 1, 1]
    limits = [max(1, n // edge) for n in shape]
    while True:
        open_axes = [
            k
            for k in range(3)
            if counts[k] < limits[k]
            and np.prod(counts) // counts[k] * min(2 * counts[k], limits[k]) <= SAMPLES
        ]
        if not open_axes:
            return counts
        widest = max(open_axes, key=lambda k: ceil(shape[k] / counts[k]))
        counts[widest] = min(2 * counts[widest], limits[widest])


def _spans(length: int, edge: int, count: int) -> list[Span]:
    if count == 1:
        start = max(0, (length - edge) // 2)
        return [Span(start, min(length, start + edge))]
    free = length - edge
    starts = [free * k // (count - 1) for k in range(count)]
    return [Span(start, start + edge) for start in starts]
