"""Names for the five channels that a network gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from skoots.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

CHANNELS = 5
"""Three components of the vector, the skeleton, the probability."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network says of each voxel; the parts are views with a channel axis."""

    vectors: Tensor
    """(..., 3, X, Y, Z), -1 to 1: the way to the skeleton along X, Y, Z, in units of
    ``SKOOTS.VECTOR_SCALING``."""

    skeleton: Tensor
    """(..., 1, X, Y, Z), 0 to 1: how surely the voxel is skeleton."""

    probability: Tensor
    """(..., 1, X, Y, Z), 0 to 1: how surely the voxel belongs to an object."""

    @classmethod
    def split(cls, out: Tensor) -> Self:
        """Part a network's answer.

        Parameters
        ----------
        out : Tensor, (B, 5, X, Y, Z) or (5, X, Y, Z), float
            The answer.

        Returns
        -------
        Prediction
            Views of the answer.

        Raises
        ------
        ShapeError
            If there are not five channels before three axes.
        """
        if out.ndim < 4 or out.shape[-4] != CHANNELS:
            raise ShapeError(
                f"A prediction of shape {tuple(out.shape)} has no five channels. "
                "Give (B, 5, X, Y, Z) or (5, X, Y, Z)."
            )
        return cls(out.narrow(-4, 0, 3), out.narrow(-4, 3, 1), out.narrow(-4, 4, 1))
