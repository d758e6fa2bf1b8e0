"""What is compared with what, voxel by voxel, and how much each voxel counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

TINY = 1e-12
"""Keeps an empty sum from being divided by; far below one voxel."""


def compared(
    predicted: Tensor, ground_truth: Tensor, weight: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Give prediction, truth (0 or 1) and weight as float32 of one shape."""
    known = torch.ones_like(predicted) if weight is None else weight
    if not predicted.shape == ground_truth.shape == known.shape:
        raise ShapeError(
            f"A prediction of shape {tuple(predicted.shape)}, a truth of "
            f"{tuple(ground_truth.shape)} and weights of {tuple(known.shape)} cannot "
            "be compared. Give all as (B, C, X, Y, Z)."
        )
    return predicted.float(), (ground_truth != 0).float(), known.float()


def image_sums(values: Tensor) -> Tensor:
    """Sum over each image of a batch. (B,)."""
    return values.flatten(1).sum(dim=1)
