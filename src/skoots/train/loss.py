"""Losses over the voxels that are known, by the names that settings give them.

Every loss takes a `weight` that is 0 where nothing is known (outside the volume, or
unpainted): such voxels cost nothing and teach nothing, whatever stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from skoots.config.arguments import LOSS_ARGUMENTS, named_arguments
from skoots.config.report import nearest
from skoots.errors import SettingsError
from skoots.train.losses.cldice import soft_dice_cldice
from skoots.train.losses.tversky import tversky, tversky_bce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from skoots.config.arguments import Value

__all__ = [
    "Loss",
    "make_loss",
    "soft_dice_cldice",
    "tversky",
    "tversky_bce",
]


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
