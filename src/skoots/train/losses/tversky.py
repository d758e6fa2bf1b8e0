"""Overlap with a price for each kind of mistake, alone and beside cross entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from skoots.train.losses.compared import TINY, compared, image_sums

if TYPE_CHECKING:
    from torch import Tensor

SMOOTH_SHARE = 0.005
"""Of the voxels of a crop. Much less, and crops with next to no object outweigh all
others, by their gradient: a network is pushed to say nothing where it is not sure. A
run with one voxel missed large objects; what else differed was not taken apart."""

BCE_WEIGHT = 0.3
"""Of the cross entropy beside an overlap. Without it a network that says nothing may
go on saying nothing, as one did at a learning rate of 3e-3."""


class tversky(nn.Module):  # noqa: N801 - documented name
    r"""Overlap of two masks, with its own price for each kind of mistake.

    Parameters
    ----------
    alpha : float
        Price of a false positive.
    beta : float
        Price of a false negative.
    eps : float
        Added above and below, in voxels.

    Notes
    -----
    For each image, and then the mean of the batch:

    .. math:: 1 - \frac{TP + \epsilon}{TP + \alpha FP + \beta FN + \epsilon}

    Where nothing is true, TP and FN are 0 and this would be nearly 1 or nearly 0
    whatever is predicted, without a slope. There the background is scored in the same
    way, with TN in the place of TP: 0 if nothing is predicted, and a false positive
    costs as much in an empty crop as in any other.

    *Source:* Salehi et al., "Tversky loss function for image segmentation using 3D
    fully convolutional deep networks" (2017).
    """

    def __init__(self, alpha: float, beta: float, eps: float = 1e-8) -> None:
        super().__init__()
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.eps = float(eps)

    def forward(
        self,
        predicted: Tensor,
        ground_truth: Tensor,
        weight: Tensor | None = None,
        *,
        logits: Tensor | None = None,
    ) -> Tensor:
        """Price a prediction, see `Loss`."""
        predicted, truth, known = compared(predicted, ground_truth, weight)
        hit = image_sums(predicted * truth * known)
        quiet = image_sums((1 - predicted) * (1 - truth) * known)
        wrong = self.alpha * image_sums(predicted * (1 - truth) * known)
        wrong = wrong + self.beta * image_sums((1 - predicted) * truth * known)
        right = torch.where(image_sums(truth * known) > 0, hit, quiet)
        eps = max(self.eps, TINY)
        return (1 - (right + eps) / (right + wrong + eps)).mean()

    def extra_repr(self) -> str:
        """Say with which numbers."""
        return f"alpha={self.alpha}, beta={self.beta}, eps={self.eps}"


class tversky_bce(nn.Module):  # noqa: N801 - named as the published ones are
    r"""Tversky with a little cross entropy, so that an empty answer is no dead end.

    Parameters
    ----------
    alpha : float
        Price of a false positive.
    beta : float
        Price of a false negative.
    smooth : float
        Added above and below, as a share of the crop's voxels. In an empty crop the
        overlap is then ``1 - s / (alpha * FP + s)``, which falls as the false positives
        do, and no more steeply than in a full one.
    bce : float
        Weight of the cross entropy.

    Notes
    -----
    For each image, with :math:`s` voxels of smoothing, and then the mean of the batch:

    .. math:: 1 - \frac{TP + s}{TP + \alpha FP + \beta FN + s}
              - b \frac{\sum_i w_i (t_i \log p_i + (1-t_i) \log(1-p_i))}{\sum_i w_i}
    """

    def __init__(
        self,
        alpha: float,
        beta: float,
        smooth: float = SMOOTH_SHARE,
        bce: float = BCE_WEIGHT,
    ) -> None:
        super().__init__()
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.smooth = float(smooth)
        self.bce = float(bce)

    def forward(
        self,
        predicted: Tensor,
        ground_truth: Tensor,
        weight: Tensor | None = None,
        *,
        logits: Tensor | None = None,
    ) -> Tensor:
        """Price a prediction, see `Loss`."""
        predicted, truth, known = compared(predicted, ground_truth, weight)
        hit = image_sums(predicted * truth * known)
        wrong = self.alpha * image_sums(predicted * (1 - truth) * known)
        wrong = wrong + self.beta * image_sums((1 - predicted) * truth * known)
        smooth = max(self.smooth * predicted[0].numel(), TINY)
        overlap = 1 - (hit + smooth) / (hit + wrong + smooth)
        if self.bce == 0:
            return overlap.mean()
        if logits is None:
            bits = functional.binary_cross_entropy(predicted, truth, reduction="none")
        else:
            bits = functional.binary_cross_entropy_with_logits(
                logits.float(), truth, reduction="none"
            )
        entropy = image_sums(bits * known) / image_sums(known).clamp_min(1)
        return (overlap + self.bce * entropy).mean()

    def extra_repr(self) -> str:
        """Say with which numbers."""
        return (
            f"alpha={self.alpha}, beta={self.beta}, smooth={self.smooth}, "
            f"bce={self.bce}"
        )
