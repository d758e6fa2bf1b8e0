"""How strict the embedding loss is, as training goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import torch

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from skoots.config import Settings

    Adjustment: TypeAlias = Mapping[str, float] | Sequence[float]


class Sigma:
    r"""Tolerance of the embedding loss, narrowed from epoch to epoch.

    Parameters
    ----------
    adjustments : sequence of mappings or pairs
        ``{"multiplier": factor, "epoch": epoch}`` or ``(factor, epoch)`` each: after
        this epoch sigma is multiplied by this factor.
    initial_sigma : Tensor, (3,), or sequence of 3 floats
        Voxels along X, Y, Z at first.
    device : str or torch.device
        Where the answers lie.

    Raises
    ------
    SettingsError
        If an adjustment is neither of these.

    Notes
    -----
    .. math:: \sigma(e) = \sigma_0 \prod_{i : \, e_i < e} m_i

    Examples
    --------
    >>> sigma = Sigma([{"multiplier": 0.5, "epoch": 10}], [20.0, 20.0, 4.0])
    >>> sigma(10).tolist(), sigma(11).tolist()
    ([20.0, 20.0, 4.0], [10.0, 10.0, 2.0])
    """

    def __init__(
        self,
        adjustments: Sequence[Adjustment],
        initial_sigma: Tensor | Sequence[float] = (0.1, 0.1, 0.8),
        device: str | torch.device = "cpu",
    ) -> None:
        self.initial_sigma = torch.as_tensor(initial_sigma, dtype=torch.float32)
        self.initial_sigma = self.initial_sigma.to(device)
        self.adjustments = tuple(_pair(adjustment) for adjustment in adjustments)

    def __call__(self, e: int) -> Tensor:
        """Give sigma at an epoch.

        Parameters
        ----------
        e : int
            The epoch, from 0.

        Returns
        -------
        Tensor, (3,), float32
            Voxels along X, Y, Z.
        """
        factor = 1.0
        for multiplier, epoch in self.adjustments:
            if epoch < e:
                factor *= multiplier
        return self.initial_sigma * factor


def init_sigma(cfg: Settings, device: str | torch.device) -> Sigma:
    """Make the sigma that settings describe.

    Parameters
    ----------
    cfg : Settings
        TRAIN.INITIAL_SIGMA and TRAIN.SIGMA_DECAY are read.
    device : str or torch.device
        Where the answers lie.

    Returns
    -------
    Sigma
    """
    return Sigma(cfg.TRAIN.SIGMA_DECAY, cfg.TRAIN.INITIAL_SIGMA, device)


def _pair(adjustment: Adjustment) -> tuple[float, float]:
    try:
        if isinstance(adjustment, Mapping):
            return float(adjustment["multiplier"]), float(adjustment["epoch"])
        multiplier, epoch = adjustment
        return float(multiplier), float(epoch)
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{adjustment!r} adjusts no sigma. Give a factor and the epoch after which "
            'it counts, as {"multiplier": 0.66, "epoch": 200} or (0.66, 200).'
        ) from error
