"""The Triton twin of `follow_vectors_reference`: one lane per voxel of the core."""

# triton brings no types, and a kernel is not Python
# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton  # type: ignore[import-untyped,import-not-found,unused-ignore]  # brings no types
import triton.language as tl  # type: ignore[import-untyped,import-not-found,unused-ignore]  # the same

from skoots.kernels.follow_vectors.walk import ESCAPED, FAR

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.kernels.follow_vectors.walk import Walk

_BLOCK = 256


@triton.jit
def _land(start, moved, origin, last, FAR: tl.constexpr):
    """Where a walk arrives along one axis, counted from the region's first voxel."""
    size = tl.abs(moved)
    # adding 2^23 leaves no bits for a fraction: rounds half to even, as rint does
    whole = tl.where(size < 8388608.0, (size + 8388608.0) - 8388608.0, size)
    whole = tl.minimum(whole, FAR)
    steps = tl.where(moved < 0, -whole, whole).to(tl.int64)
    return tl.minimum(tl.maximum(start + origin + steps, 0), last) - origin


@triton.jit
def _follow_vectors_kernel(
    vectors,
    labels,
    foreground,
    ids,
    n_region,
    n_core,
    A,
    B,
    C,
    core_b,
    core_c,
    low_a,
    low_b,
    low_c,
    origin_a,
    origin_b,
    origin_c,
    last_a,
    last_b,
    last_c,
    scale_a,
    scale_b,
    scale_c,
    hops,
    FIRST_HIT: tl.constexpr,
    ESCAPED: tl.constexpr,
    FAR: tl.constexpr,
    BLOCK: tl.constexpr,
):
    q = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    asked = q < n_core
    a = q // core_c // core_b + low_a
    b = q // core_c % core_b + low_b
    c = q % core_c + low_c
    here = (a * B + b) * C + c
    walking = tl.load(foreground + here, mask=asked, other=0) != 0
    found = tl.load(labels + here, mask=walking, other=0)
    if FIRST_HIT:
        walking = walking & (found == 0)
    moved_a = tl.zeros((BLOCK,), tl.float32)
    moved_b = tl.zeros((BLOCK,), tl.float32)
    moved_c = tl.zeros((BLOCK,), tl.float32)
    hop = 0
    while (hop < hops) & (tl.max(walking.to(tl.int32), axis=0) > 0):
        va = tl.load(vectors + here, mask=walking, other=0)
        vb = tl.load(vectors + n_region + here, mask=walking, other=0)
        vc = tl.load(vectors + 2 * n_region + here, mask=walking, other=0)
        walking = walking & ((va != 0) | (vb != 0) | (vc != 0))
        moved_a += va.to(tl.float32) * scale_a
        moved_b += vb.to(tl.float32) * scale_b
        moved_c += vc.to(tl.float32) * scale_c
        largest = float("inf")
        finite = (
            (tl.abs(moved_a) < largest)
            & (tl.abs(moved_b) < largest)
            & (tl.abs(moved_c) < largest)
        )
        found = tl.where(walking & (finite == 0), 0, found)
        walking = walking & finite
        # whoever stands still must not turn NaN into a place
        i = _land(a, tl.where(walking, moved_a, 0.0), origin_a, last_a, FAR)
        j = _land(b, tl.where(walking, moved_b, 0.0), origin_b, last_b, FAR)
        k = _land(c, tl.where(walking, moved_c, 0.0), origin_c, last_c, FAR)
        inside = (i >= 0) & (i < A) & (j >= 0) & (j < B) & (k >= 0) & (k < C)
        found = tl.where(walking & (inside == 0), ESCAPED, found)
        walking = walking & inside
        here = tl.where(walking, (i * B + j) * C + k, here)
        arrived = tl.load(labels + here, mask=walking, other=0)
        found = tl.where(walking, arrived, found)
        if FIRST_HIT:
            walking = walking & (found == 0)
        hop += 1
    tl.store(ids + q, found, mask=asked)


def follow_vectors_triton(walk: Walk) -> Tensor:
    """Run the kernel; as `follow_vectors_reference`."""
    device = walk.labels.device
    ids = torch.empty(walk.core_shape, dtype=torch.int32, device=device)
    if not ids.numel():
        return ids
    _follow_vectors_kernel[(triton.cdiv(ids.numel(), _BLOCK),)](
        walk.vectors,
        walk.labels,
        walk.foreground,
        ids,
        walk.labels.numel(),
        ids.numel(),
        *walk.labels.shape,
        *walk.core_shape[1:],
        *(start for start, _ in walk.core),
        *walk.origin,
        *(size - 1 for size in walk.volume_shape),
        *walk.scale,
        walk.hops,
        FIRST_HIT=walk.first_hit,
        ESCAPED=ESCAPED,
        FAR=FAR,
        BLOCK=_BLOCK,
        enable_fp_fusion=False,  # as the reference rounds: product, then sum
    )
    return ids
