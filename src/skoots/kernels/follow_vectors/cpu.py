"""The numba twin of `follow_vectors_reference`: one walk after the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch

from skoots.kernels.follow_vectors.walk import ESCAPED, FAR
from skoots.kernels.jit import compiled
from skoots.kernels.threads import run_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from skoots.kernels.follow_vectors.walk import Walk

    Ints: TypeAlias = NDArray[np.int64]

_SMALL = 1 << 16
_LIMIT = np.float32(FAR)


class _Region(NamedTuple):
    """The fields of `Walk`, as arrays."""

    vectors: NDArray[Any]  # (3, A, B, C)
    labels: NDArray[np.int32]  # (A, B, C)
    foreground: NDArray[np.uint8]  # (A, B, C)
    scale: NDArray[np.float32]  # (3,)
    core: Ints  # (3, 2)
    origin: Ints  # (3,)
    last: Ints  # (3,) of the volume
    hops: int
    first_hit: bool


def follow_vectors_cpu(walk: Walk) -> Tensor:
    """Run the kernel on all threads of torch; as `follow_vectors_reference`."""
    region = _Region(
        walk.vectors.numpy(),
        walk.labels.numpy(),
        walk.foreground.numpy(),
        np.array(walk.scale, np.float32),
        np.array(walk.core, np.int64),
        np.array(walk.origin, np.int64),
        np.array(walk.volume_shape, np.int64) - 1,
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
    """Answer the rows of the core from `start` to `stop`."""
    for row in range(start, stop):
        line = ids[row // ids.shape[1], row % ids.shape[1]]
        a = row // ids.shape[1] + region.core[0, 0]
        b = row % ids.shape[1] + region.core[1, 0]
        first = region.core[2, 0]
        mask = region.foreground[a, b, first : first + len(line)]
        for c in range(len(line)):
            line[c] = 0 if mask[c] == 0 else _follow(region, a, b, first + c)


@compiled
def _follow(region: _Region, a: int, b: int, c: int) -> int:
    """Walk from one voxel of the region."""
    size = region.labels.shape
    da = db = dc = np.float32(0)
    i, j, k = a, b, c
    for _ in range(region.hops):
        if region.first_hit and region.labels[i, j, k] != 0:
            break
        va = region.vectors[0, i, j, k]
        vb = region.vectors[1, i, j, k]
        vc = region.vectors[2, i, j, k]
        # `&` and not `and`: jumps that cannot be predicted double the time
        if (va == 0) & (vb == 0) & (vc == 0):
            break
        da += np.float32(va) * region.scale[0]
        db += np.float32(vb) * region.scale[1]
        dc += np.float32(vc) * region.scale[2]
        if not (np.isfinite(da) & np.isfinite(db) & np.isfinite(dc)):
            return 0
        i = _land(a, da, region.origin[0], region.last[0])
        j = _land(b, db, region.origin[1], region.last[1])
        k = _land(c, dc, region.origin[2], region.last[2])
        if (
            (i < 0)
            | (j < 0)
            | (k < 0)
            | (i >= size[0])
            | (j >= size[1])
            | (k >= size[2])
        ):
            return ESCAPED
    return int(region.labels[i, j, k])


@compiled
def _land(start: int, moved: np.float32, origin: int, last: int) -> int:
    """Where a walk arrives along one axis, counted from the region's first voxel."""
    steps = int(min(max(np.rint(moved), -_LIMIT), _LIMIT))
    return min(max(start + origin + steps, 0), last) - origin
