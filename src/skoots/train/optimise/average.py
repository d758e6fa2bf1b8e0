"""A second network whose weights are the moving average of the trained ones.

It scores better than the network of any single step, and is what becomes the model.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch

from skoots.model.state import clean_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT


class WeightAverage:
    r"""Exponential moving average of a network's weights and running statistics.

    Parameters
    ----------
    network : UNet or UNeXT
        Is copied; the average starts with its weights.
    decay : float
        Share of the old average that a step keeps, below 1; 0 gives no average but the
        network itself.

    Notes
    -----
    .. math:: a_{n+1} = d_n a_n + (1 - d_n) w_n, \quad
              d_n = \min\left(d, \frac{1 + n}{10 + n}\right)

    so that the first weights, which are chance, are soon forgotten.
    """

    def __init__(self, network: UNet | UNeXT, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: torch.nn.Module) -> None:
        """Take in the weights of a step.

        Parameters
        ----------
        network : Module
            The trained network, maybe in a wrapper for several GPUs or compiled.
        """
        step = self.updates
        decay = min(self.decay, (1 + step) / (10 + step))
        mine = self.network.state_dict()
        for name, value in network.state_dict().items():
            average = mine[clean_name(name)]
            if average.is_floating_point():
                average.lerp_(value.to(average.device, average.dtype), 1 - decay)
            else:  # a counter
                average.copy_(value)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """Give all that must be kept to go on exactly."""
        weights: dict[str, Tensor] = dict(self.network.state_dict())
        return {"updates": self.updates, "weights": weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave; the decay stays as it is."""
        self.network.load_state_dict(state["weights"])
        self.updates = int(state["updates"])
