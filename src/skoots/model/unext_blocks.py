"""Parts of the published network, with the parameter names of its weight files.

A block looks around with one large depth-wise convolution, then thinks at each voxel
with two linear layers, and adds what it found to what came in.

*Source:* blocks after Liu et al., "A ConvNet for the 2020s" (2022), here in 3D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

LAYER_NORM_EPS = 1e-6

STEM_LAYER_SCALE = 1e-2
"""Layer scale of the stem's block, which published models fix, whatever is set."""

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "selu": nn.SELU,
}


class LayerNorm(nn.Module):
    """Normalise each voxel over its channels.

    Parameters
    ----------
    channels : int
        Number of channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a tensor (B, C, X, Y, Z)."""
        return self.channels_last(x.movedim(1, -1)).movedim(-1, 1)

    def channels_last(self, x: Tensor) -> Tensor:
        """Normalise a tensor (B, X, Y, Z, C)."""
        return functional.layer_norm(
            x, self.weight.shape, self.weight, self.bias, LAYER_NORM_EPS
        )


class Block3D(nn.Module):
    """Look around, think, add.

    Parameters
    ----------
    channels : int
        Channels in and out.
    kernel_size : int
        Edge of the depth-wise convolution, odd.
    layer_scale : float
        First value of ``gamma``, the weight of the answer; 0 leaves it out.
    activation : str
        Name of the non-linearity.
    drop_path : float
        How often the answer is left out of a training step.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        layer_scale: float = 1.0,
        activation: str = "gelu",
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.dwconv = nn.Conv3d(
            channels, channels, kernel_size, padding=kernel_size // 2, groups=channels
        )
        self.norm = LayerNorm(channels)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.act = _ACTIVATIONS[activation]()
        self.pwconv2 = nn.Linear(4 * channels, channels)
        gamma = nn.Parameter(torch.full((channels,), layer_scale))
        self.gamma = gamma if layer_scale > 0 else None

    def forward(self, x: Tensor) -> Tensor:
        """Give features of the shape that came in, (B, C, X, Y, Z)."""
        y = self.norm.channels_last(self.dwconv(x).movedim(1, -1))
        y = self.pwconv2(self.act(self.pwconv1(y)))
        if self.gamma is not None:
            y = self.gamma * y
        return x + self._dropped(y.movedim(-1, 1))

    def _dropped(self, y: Tensor) -> Tensor:
        if not self.training or self.drop_path == 0:
            return y
        kept = 1 - self.drop_path
        draw = torch.rand((len(y), 1, 1, 1, 1), dtype=y.dtype, device=y.device)
        return y * (draw < kept) / kept


class Upsample3D(nn.Module):
    """Enlarge to a given shape, then mix.

    Parameters
    ----------
    channels_in, channels : int
        Channels before and after.
    """

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.norm = LayerNorm(channels_in)
        self.compress = nn.Conv3d(channels_in, channels, 3, padding=1)

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """Give features of the extents of `like`."""
        enlarged = functional.interpolate(x, size=like.shape[2:], mode="nearest")
        y: Tensor = self.compress(self.norm(enlarged))
        return y


class Concat3D(nn.Module):
    """Join the way up and the way across.

    Parameters
    ----------
    channels_up, channels_skip : int
        Channels of the two sides.
    channels : int
        Channels of the answer.
    """

    def __init__(self, channels_up: int, channels_skip: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels_up + channels_skip, channels, 1)

    def forward(self, up: Tensor, skip: Tensor) -> Tensor:
        """Mix both sides at each voxel."""
        y: Tensor = self.conv(torch.cat((up, skip), dim=1))
        return y
