"""Losses of the small loop, until it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


SMOOTH_SHARE = 0.005
"""Of the voxels of a crop. Much less, and crops with next to no object outweigh all
others, by their gradient: a network is pushed to say nothing where it is not sure. A
run with one voxel missed large objects; what else differed was not taken apart."""


def tversky_loss(
    prediction: Tensor,
    truth: Tensor,
    weight: Tensor,
    *,
    alpha: float,
    beta: float,
    smooth: float | None = None,
) -> Tensor:
    """Overlap of two masks, with its own price for each kind of mistake.

    Parameters
    ----------
    prediction, truth, weight : Tensor, same shape, float32
        Between 0 and 1.
    alpha : float
        Price of a false positive.
    beta : float
        Price of a false negative.
    smooth : float, optional
        Added above and below, in voxels; half a per cent of all by default. In an empty
        crop the loss is then ``1 - smooth / (alpha * FP + smooth)``, which still falls
        as the false positives do, and no more steeply than in a full one.

    Returns
    -------
    Tensor, (), float32

    Notes
    -----
    ``1 - (TP + s) / (TP + alpha * FP + beta * FN + s)``. *Source:* Salehi et al.,
    "Tversky loss function for image segmentation using 3D fully convolutional deep
    networks" (2017).
    """
    smooth = SMOOTH_SHARE * weight.numel() if smooth is None else smooth
    hit = (prediction * truth * weight).sum()
    false_positive = (prediction * (1 - truth) * weight).sum()
    false_negative = ((1 - prediction) * truth * weight).sum()
    total = hit + alpha * false_positive + beta * false_negative
    return 1 - (hit + smooth) / (total + smooth)


def mask_loss(
    logits: Tensor, truth: Tensor, weight: Tensor, *, alpha: float, beta: float
) -> Tensor:
    """Tversky with a little cross entropy, so that an empty answer is no dead end.

    Parameters
    ----------
    logits : Tensor, any shape, float32
        Before the sigmoid.
    truth, weight : Tensor, same shape, float32
        Between 0 and 1.
    alpha, beta : float
        See `tversky_loss`.

    Returns
    -------
    Tensor, (), float32
    """
    entropy = functional.binary_cross_entropy_with_logits(
        logits, truth, weight, reduction="sum"
    ) / weight.sum().clamp_min(1)
    overlap = tversky_loss(logits.sigmoid(), truth, weight, alpha=alpha, beta=beta)
    return overlap + 0.3 * entropy


def embedding_loss(
    vectors: Tensor, offsets: Tensor, foreground: Tensor, sigma: float
) -> Tensor:
    """How far the vectors of foreground voxels end from their skeleton.

    Parameters
    ----------
    vectors : Tensor, (B, 3, X, Y, Z), float32
        Predicted, in voxels.
    offsets : Tensor, (B, 3, X, Y, Z), float32
        From each voxel to the nearest point of its own skeleton, in voxels.
    foreground : Tensor, (B, 1, X, Y, Z), float32
        1 on voxels of objects that count.
    sigma : float
        Distance, in voxels, at which a vector is forgiven 40 per cent.

    Returns
    -------
    Tensor, (), float32
    """
    squared = (vectors - offsets).square().sum(dim=1, keepdim=True)
    near = torch.exp(-squared / (2 * sigma**2))
    return tversky_loss(near, foreground, foreground, alpha=0.25, beta=0.75)
