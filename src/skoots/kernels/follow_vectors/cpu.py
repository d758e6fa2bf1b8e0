"""The numba twin of `follow_vectors_reference`: one row of walks after the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from skoots.kernels.follow_vectors.walk import ESCAPED, FAR
from skoots.kernels.jit import compiled
from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from skoots.kernels.follow_vectors.walk import Walk

_SMALL = 1 << 16
_LIMIT = np.float32(FAR)


class _Region(NamedTuple):
    """The fields of `Walk`, as arrays; of the region's voxels, one flat row."""

    vectors: NDArray[Any]  # (3, A * B * C)
    labels: NDArray[np.int32]  # (A * B * C,)
    foreground: NDArray[np.uint8]  # (A * B * C,)
    shape: NDArray[np.uint32]  # (3,)
    scale: NDArray[np.float32]  # (3,)
    core: NDArray[np.int64]  # (3, 2)
    low: NDArray[np.int32]  # (3,) the volume's first voxel, seen from here
    high: NDArray[np.int32]  # (3,) and its last
    hops: int
    first_hit: bool


class _Walks(NamedTuple):
    """The walks of one row that have not ended."""

    who: NDArray[np.int32]  # the voxel of the row that set out
    at: NDArray[np.uint64]  # where it stands, in the flat region
    moved: NDArray[np.float32]  # (3, walks)


def follow_vectors_cpu(walk: Walk) -> Tensor:
    """Run the kernel on all threads of torch; as `follow_vectors_reference`."""
    origin = np.array(walk.origin, np.int32)
    region = _Region(
        walk.vectors.numpy().reshape(3, -1),
        walk.labels.numpy().reshape(-1),
        walk.foreground.numpy().reshape(-1),
        np.array(walk.labels.shape, np.uint32),
        np.array(walk.scale, np.float32),
        np.array(walk.core, np.int64),
        -origin,
        np.array(walk.volume_shape, np.int32) - 1 - origin,
        walk.hops,
        walk.first_hit,
    )
    # numpy asks the system for huge pages, torch does not
    ids = np.empty(walk.core_shape, np.int32)
    run_ranges(
        partial(_follow_rows, region, ids),
        ids.shape[0] * ids.shape[1],
        small=ids.size < _SMALL,
    )
    return torch.from_numpy(ids)


@compiled
def _follow_rows(
    region: _Region, ids: NDArray[np.int32], start: int, stop: int
) -> None:
    """Answer the rows of the core from `start` to `stop`.

    All walks of a row take their first hop, then all their second: steps of many walks
    wait for memory together, where those of one wait for each other.
    """
    size = ids.shape[2]
    who, at = np.empty(size, np.int32), np.empty(size, np.uint64)
    walks = _Walks(who, at, np.empty((3, size), np.float32))
    for row in range(start, stop):
        line = ids[row // ids.shape[1], row % ids.shape[1]]
        a = row // ids.shape[1] + region.core[0, 0]
        b = row % ids.shape[1] + region.core[1, 0]
        left = _set_out(region, walks, line, a, b)
        for _ in range(region.hops):
            if left == 0:
                break
            left = _hop(region, walks, left, line, a, b)
        if not region.first_hit:
            for w in range(left):
                line[who[w]] = region.labels[at[w]]


@compiled
def _set_out(
    region: _Region, walks: _Walks, line: NDArray[np.int32], a: int, b: int
) -> int:
    """Begin a walk at each voxel of a row that asks for an id; give their number."""
    size_b, size_c = region.shape[1], region.shape[2]
    row = np.uint64((a * size_b + b) * size_c + region.core[2, 0])
    left = 0
    line[:] = 0
    for c in range(len(line)):
        here = row + np.uint64(c)
        if region.foreground[here] == 0:
            continue
        if region.first_hit and region.labels[here] != 0:  # arrived before it set out
            line[c] = region.labels[here]
            continue
        walks.who[left] = c
        walks.at[left] = here
        walks.moved[0, left] = 0
        walks.moved[1, left] = 0
        walks.moved[2, left] = 0
        left += 1
    return left


@compiled
def _hop(
    region: _Region, walks: _Walks, left: int, line: NDArray[np.int32], a: int, b: int
) -> int:
    """Move each walk by the vector where it stands; give how many go on.

    A walk on a vector of zero stays where it is, hop after hop.
    """
    vectors, labels = region.vectors, region.labels
    who, at, moved = walks
    size_a, size_b, size_c = region.shape[0], region.shape[1], region.shape[2]
    scale_a, scale_b, scale_c = region.scale[0], region.scale[1], region.scale[2]
    low_a, low_b, low_c = region.low[0], region.low[1], region.low[2]
    high_a, high_b, high_c = region.high[0], region.high[1], region.high[2]
    first = region.core[2, 0]
    kept = 0
    for w in range(left):
        here, c = at[w], who[w]
        da = moved[0, w] + np.float32(vectors[0, here]) * scale_a
        db = moved[1, w] + np.float32(vectors[1, here]) * scale_b
        dc = moved[2, w] + np.float32(vectors[2, here]) * scale_c
        i = _land(a, da, low_a, high_a)
        j = _land(b, db, low_b, high_b)
        k = _land(first + c, dc, low_c, high_c)
        # `&` and not `and`: jumps that cannot be predicted double the time
        finite = (da - da) + (db - db) + (dc - dc) == 0  # inf - inf is NaN
        if not (finite & (i < size_a) & (j < size_b) & (k < size_c)):
            line[c] = ESCAPED if finite else 0
            continue
        here = (np.uint64(i) * size_b + j) * size_c + k
        if region.first_hit:
            found = labels[here]
            if found != 0:
                line[c] = found
                continue
        who[kept], at[kept] = c, here
        moved[0, kept], moved[1, kept], moved[2, kept] = da, db, dc
        kept += 1
    return kept


@compiled
def _land(start: int, moved: np.float32, low: np.int32, high: np.int32) -> np.uint32:
    """Where a walk arrives along one axis, counted from the region's first voxel.

    What lies before that voxel comes out as a huge number.
    """
    steps = np.int32(min(max(np.rint(moved), -_LIMIT), _LIMIT))
    return np.uint32(min(max(start + steps, low), high))
