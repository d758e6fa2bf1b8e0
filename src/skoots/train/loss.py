"""Losses over the voxels that are known, by the names that settings give them.

Every loss takes a `weight` that is 0 where nothing is known (outside the volume, or
unpainted): such voxels cost nothing and teach nothing, whatever stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import nn
from torch.nn import functional

from skoots.config.arguments import LOSS_ARGUMENTS, named_arguments
from skoots.config.report import nearest
from skoots.errors import SettingsError, ShapeError
from skoots.train.soft_skeleton import soft_skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from skoots.config.arguments import Value

SMOOTH_SHARE = 0.005
"""Of the voxels of a crop. Much less, and crops with next to no object outweigh all
others, by their gradient: a network is pushed to say nothing where it is not sure. A
run with one voxel missed large objects; what else differed was not taken apart."""

BCE_WEIGHT = 0.3
"""Of the cross entropy beside an overlap. Without it a network that says nothing may
go on saying nothing, as one did at a learning rate of 3e-3."""

_TINY = 1e-12
"""Keeps an empty sum from being divided by; far below one voxel."""


class Loss(Protocol):
    """What every loss is: a price for a prediction."""

    def __call__(
        self,
        predicted: Tensor,
        ground_truth: Tensor,
        weight: Tensor | None = None,
        *,
        logits: Tensor | None = None,
    ) -> Tensor:
        """Price a prediction.

        Parameters
        ----------
        predicted : Tensor, (B, C, X, Y, Z), float32
            From 0 to 1.
        ground_truth : Tensor, of the same shape, bool or number
            Everything that is not 0 is true.
        weight : Tensor, of the same shape, float32, optional
            What a voxel counts, 0 where nothing is known; 1 everywhere by default.
        logits : Tensor, of the same shape, float32, optional
            `predicted` before its sigmoid, from which some prices are exacter.

        Returns
        -------
        Tensor, (), float32
            0 for a perfect prediction.

        Raises
        ------
        ShapeError
            If the shapes differ.
        """
        ...


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
        logits: Tensor | None = None,  # noqa: ARG002 - every loss is called alike
    ) -> Tensor:
        """Price a prediction, see `Loss`."""
        predicted, truth, known = _checked(predicted, ground_truth, weight)
        hit = _sums(predicted * truth * known)
        quiet = _sums((1 - predicted) * (1 - truth) * known)
        wrong = self.alpha * _sums(predicted * (1 - truth) * known)
        wrong = wrong + self.beta * _sums((1 - predicted) * truth * known)
        right = torch.where(_sums(truth * known) > 0, hit, quiet)
        eps = max(self.eps, _TINY)
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
        predicted, truth, known = _checked(predicted, ground_truth, weight)
        hit = _sums(predicted * truth * known)
        wrong = self.alpha * _sums(predicted * (1 - truth) * known)
        wrong = wrong + self.beta * _sums((1 - predicted) * truth * known)
        smooth = max(self.smooth * predicted[0].numel(), _TINY)
        overlap = 1 - (hit + smooth) / (hit + wrong + smooth)
        if self.bce == 0:
            return overlap.mean()
        if logits is None:
            bits = functional.binary_cross_entropy(predicted, truth, reduction="none")
        else:
            bits = functional.binary_cross_entropy_with_logits(
                logits.float(), truth, reduction="none"
            )
        entropy = _sums(bits * known) / _sums(known).clamp_min(1)
        return (overlap + self.bce * entropy).mean()

    def extra_repr(self) -> str:
        """Say with which numbers."""
        return (
            f"alpha={self.alpha}, beta={self.beta}, smooth={self.smooth}, "
            f"bce={self.bce}"
        )


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

    def __init__(
        self, iter_: int = 3, alpha: float = 0.5, smooth: float = 1.0
    ) -> None:
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
        logits: Tensor | None = None,  # noqa: ARG002 - every loss is called alike
    ) -> Tensor:
        """Price a prediction, see `Loss`."""
        predicted, truth, known = _checked(predicted, ground_truth, weight)
        if not bool((truth * known).any()):
            return _dice(1 - predicted, 1 - truth, known)
        # unknown voxels would leave their mark on the skeletons of known ones
        predicted = torch.where(known > 0, predicted, truth)
        thin = soft_skeleton(predicted, self.iter) * known
        thin_truth = soft_skeleton(truth, self.iter) * known
        smooth = max(self.smooth, _TINY)
        precision = ((thin * truth).sum() + smooth) / (thin.sum() + smooth)
        recall = (thin_truth * predicted).sum() + smooth
        recall = recall / (thin_truth.sum() + smooth)
        skeletons = 1 - 2 * precision * recall / (precision + recall)
        masks = _dice(predicted, truth, known)
        return (1 - self.alpha) * masks + self.alpha * skeletons

    def extra_repr(self) -> str:
        """Say with which numbers."""
        return f"iter_={self.iter}, alpha={self.alpha}, smooth={self.smooth}"


_CLASSES: dict[str, type[nn.Module]] = {
    "tversky": tversky,
    "tversky_bce": tversky_bce,
    "soft_cldice": soft_dice_cldice,
}


def make_loss(name: str, keywords: Sequence[str], values: Sequence[Value]) -> Loss:
    """Make a loss from its name and its arguments, as settings give them.

    Parameters
    ----------
    name : str
        ``tversky``, ``tversky_bce`` or ``soft_cldice``.
    keywords : sequence of str
        Names of arguments.
    values : sequence of numbers
        Their values.

    Returns
    -------
    Loss

    Raises
    ------
    SettingsError
        If there is no such loss, or it does not take these arguments.

    Examples
    --------
    >>> make_loss("tversky", ("alpha", "beta"), (0.25, 0.75))
    tversky(alpha=0.25, beta=0.75, eps=1e-08)
    """
    if name not in _CLASSES:
        raise SettingsError(
            f"There is no loss {name!r}. The nearest is {nearest(name, _CLASSES)!r}; "
            f"known are {', '.join(_CLASSES)}."
        )
    said = f"The loss {name!r}"
    arguments = named_arguments(said, LOSS_ARGUMENTS[name], keywords, values)
    return _CLASSES[name](**arguments)


def _checked(
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


def _sums(values: Tensor) -> Tensor:
    """Sum over each image of a batch. (B,)."""
    return values.flatten(1).sum(dim=1)


def _dice(predicted: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    both = (predicted * truth * known).sum()
    return 1 - (2 * both + 1) / ((truth * known).sum() + (predicted * known).sum() + 1)
