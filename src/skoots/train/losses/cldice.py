"""Overlap of masks and of their skeletons, which no gap and no bridge escapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from skoots.train.losses.compared import TINY, compared
from skoots.train.losses.soft_skeleton import soft_skeleton

if TYPE_CHECKING:
    from torch import Tensor


class soft_dice_cldice(nn.Module):  # noqa: N801 - documented name
    r"""Dice of two masks and of their skeletons; the settings call it soft_cldice.

    Parameters
    ----------
    iter_ : int
        How often a mask is peeled to find its skeleton.
    alpha : float
        Share of the skeletons, from 0 to 1.
    smooth : float
        Added above and below in what compares skeletons, in voxels; dice has 1.

    Notes
    -----
    Over the whole batch, with the soft skeletons :math:`S_p, S_t` of the prediction
    :math:`p` and the truth :math:`t`:

    .. math:: (1-\alpha)\left(1 - \frac{2\sum tp + 1}{\sum t + \sum p + 1}\right)
              + \alpha\left(1 - 2\frac{PR}{P+R}\right), \quad
              P = \frac{\sum S_p t + s}{\sum S_p + s}, \quad
              R = \frac{\sum S_t p + s}{\sum S_t + s}

    Where nothing is true in the whole batch it is the dice of the background, since a
    false positive would have next to no slope otherwise.

    *Source:* Shit et al., "clDice: a novel topology-preserving loss function for
    tubular structure segmentation" (CVPR 2021).
    """

    def __init__(self, iter_: int = 3, alpha: float = 0.5, smooth: float = 1.0) -> None:
        super().__init__()
        self.iter = int(iter_)
        self.alpha = float(alpha)
        self.smooth = float(smooth)

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
        if not bool((truth * known).any()):
            return _dice(1 - predicted, 1 - truth, known)
        # unknown voxels would leave their mark on the skeletons of known ones
        predicted = torch.where(known > 0, predicted, truth)
        thin = soft_skeleton(predicted, self.iter) * known
        thin_truth = soft_skeleton(truth, self.iter) * known
        smooth = max(self.smooth, TINY)
        precision = ((thin * truth).sum() + smooth) / (thin.sum() + smooth)
        recall = (thin_truth * predicted).sum() + smooth
        recall = recall / (thin_truth.sum() + smooth)
        skeletons = 1 - 2 * precision * recall / (precision + recall)
        masks = _dice(predicted, truth, known)
        return (1 - self.alpha) * masks + self.alpha * skeletons

    def extra_repr(self) -> str:
        """Say with which numbers."""
        return f"iter_={self.iter}, alpha={self.alpha}, smooth={self.smooth}"


def _dice(predicted: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    both = (predicted * truth * known).sum()
    return 1 - (2 * both + 1) / ((truth * known).sum() + (predicted * known).sum() + 1)
