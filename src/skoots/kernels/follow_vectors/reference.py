"""The definition of `follow_vectors`, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.kernels.follow_vectors.walk import ESCAPED, FAR

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.kernels.follow_vectors.walk import Walk


def follow_vectors_reference(walk: Walk) -> Tensor:
    """Give each foreground voxel of the core the id where its walk ends.

    See `skoots.kernels.follow_vectors.op.follow_vectors` for the rules.
    """
    device = walk.labels.device
    scale = torch.tensor(walk.scale, dtype=torch.float32, device=device)
    low = torch.tensor([start for start, _ in walk.core], device=device)
    a, b, c = (slice(start, stop) for start, stop in walk.core)
    starts = walk.foreground[a, b, c].nonzero()  # (M, 3)
    here = starts + low
    moved = torch.zeros(here.shape, device=device)
    found = walk.labels[here.unbind(1)]  # (M,)
    left = torch.arange(len(here), device=device)  # who still walks
    for _ in range(walk.hops):
        if walk.first_hit:
            left = left[found[left] == 0]
        i, j, k = here[left].unbind(1)
        vectors = walk.vectors[:, i, j, k].T  # (M, 3)
        going = (vectors != 0).any(dim=1)
        left = left[going]
        moved[left] += vectors[going].float() * scale
        finite = moved[left].isfinite().all(dim=1)
        found[left[~finite]] = 0
        left = left[finite]
        target, inside = _land(walk, starts[left] + low, moved[left])
        found[left[~inside]] = ESCAPED
        left = left[inside]
        here[left] = target[inside]
        found[left] = walk.labels[here[left].unbind(1)]
    result = torch.zeros(walk.core_shape, dtype=torch.int32, device=device)
    result[starts.unbind(1)] = found
    return result


def _land(walk: Walk, starts: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """Where walks arrive in the region, and whether that is inside it."""
    origin = starts.new_tensor(walk.origin)
    shape = starts.new_tensor(walk.labels.shape)
    last = starts.new_tensor(walk.volume_shape) - 1
    steps = moved.round().clamp(-FAR, FAR).long()  # half to even
    target = (starts + origin + steps).clamp(min=torch.zeros_like(last), max=last)
    target -= origin
    return target, ((target >= 0) & (target < shape)).all(dim=1)
