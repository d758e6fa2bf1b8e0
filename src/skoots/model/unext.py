r"""The published network, key for key, so that published weights load.

A U of ConvNeXt blocks. With `L` levels and ``h = L // 2`` it halves the image ``h + 1``
times, once before its first level, and comes back the same way::

    image -> init ---------------------------------------> final_concat -> out_conv
              \                                            /
              down 0, norm, stage --------> concat, stage, norm     (level 0, level L-1)
                  \                          /
                  down 1, norm, stage --> up                        (level h)

Three heads read the answer: vectors, skeleton and probability. Extents need not be
multiples of anything, but an image that is cut into tiles must be cut on multiples of
`factor`, or the tiles halve other voxels together than the whole image would.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

from skoots.errors import ShapeError
from skoots.model.unext_blocks import (
    STEM_LAYER_SCALE,
    Block3D,
    Concat3D,
    LayerNorm,
    Upsample3D,
)

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.config import ModelConfig

STEM_KERNEL_SIZE = 7
"""Edge of the first convolution, which published models fix whatever their settings."""


class Backbone(nn.Module):
    """The U without its heads.

    Parameters
    ----------
    model : ModelConfig
        A section MODEL that `validate_model` has accepted.
    """

    def __init__(self, model: ModelConfig) -> None:
        super().__init__()
        dims, half = model.DIMS, len(model.DIMS) // 2
        down, up = dims[: half + 1], dims[half:]
        stages = [_stage(model, i) for i in range(len(dims))]
        # The order of registration is the order of keys in published weight files.
        self.downsample_layers = nn.ModuleList(_downsample_layers(down))
        self.upsample_layers = nn.ModuleList(Upsample3D(a, b) for a, b in pairwise(up))
        self.down_stages = nn.ModuleList(stages[: half + 1])
        self.up_stages = nn.ModuleList(stages[half + 1 :])
        self.down_norms = nn.ModuleList(LayerNorm(d) for d in down)
        self.up_norms = nn.ModuleList(LayerNorm(d) for d in up[1:])
        self.init_stage = _init_stage(model)
        self.concat = nn.ModuleList(
            Concat3D(d, skip, d)
            for d, skip in zip(up[1:], reversed(down[:-1]), strict=True)
        )
        self.final_concat = Concat3D(dims[-1], dims[0], dims[-1])
        self.upscale_out = Upsample3D(dims[-1], dims[-1])
        self.out_conv = nn.Conv3d(dims[-1], model.OUT_CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Give features (B, OUT_CHANNELS, X, Y, Z) of an image (B, C, X, Y, Z)."""
        x = init = self.init_stage(x)
        levels: list[Tensor] = []
        parts = zip(
            self.downsample_layers, self.down_norms, self.down_stages, strict=True
        )
        for downsample, norm, stage in parts:
            x = stage(norm(downsample(x)))
            levels.append(x)
        levels.pop()
        joints = zip(self.upsample_layers, self.concat, strict=True)
        finish = zip(self.up_stages, self.up_norms, strict=True)
        for (upsample, concat), (stage, norm) in zip(joints, finish, strict=True):
            skip = levels.pop()
            x = norm(stage(concat(upsample(x, skip), skip)))
        y: Tensor = self.out_conv(self.final_concat(self.upscale_out(x, init), init))
        return y


class UNeXT(nn.Module):
    """Vectors, skeleton and probability of each voxel, as published.

    Parameters
    ----------
    model : ModelConfig
        A section MODEL that `validate_model` has accepted.
    """

    def __init__(self, model: ModelConfig) -> None:
        super().__init__()
        self.in_channels = model.IN_CHANNELS
        self.factor = 2 ** (len(model.DIMS) // 2 + 1)
        self.backbone = Backbone(model)
        self.out_embed = nn.Conv3d(model.OUT_CHANNELS, 3, 3, padding=1)
        self.out_prob = nn.Conv3d(model.OUT_CHANNELS, 1, 3, padding=1)
        self.out_skeleton = nn.Conv3d(model.OUT_CHANNELS, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Predict.

        Parameters
        ----------
        x : Tensor, (B, C, X, Y, Z), float
            Normalised image; each extent at least `factor`.

        Returns
        -------
        Tensor, (B, 5, X, Y, Z), float
            Vectors along X, Y, Z (-1 to 1), skeleton and probability (0 to 1).

        Raises
        ------
        ShapeError
            If an extent is smaller than the network's down-sampling.
        """
        if min(x.shape[2:]) < self.factor:
            raise ShapeError(
                f"An image of {tuple(x.shape[2:])} voxels cannot be halved down to "
                f"1/{self.factor}. Pad each axis to at least {self.factor} voxels."
            )
        y = self.raw(x)
        return torch.cat((y[:, :3].tanh(), y[:, 3:].sigmoid()), dim=1)

    def raw(self, x: Tensor) -> Tensor:
        """Give the five channels before their activation, (B, 5, X, Y, Z)."""
        features = self.backbone(x)
        parts = (self.out_embed, self.out_skeleton, self.out_prob)
        return torch.cat([part(features) for part in parts], dim=1)


def _downsample_layers(dims: tuple[int, ...]) -> list[nn.Sequential]:
    # The first one normalises after it has halved, the others before.
    first = nn.Sequential(nn.Conv3d(dims[0], dims[0], 2, stride=2), LayerNorm(dims[0]))
    rest = [
        nn.Sequential(LayerNorm(a), nn.Conv3d(a, b, 2, stride=2))
        for a, b in pairwise(dims)
    ]
    return [first, *rest]


def _init_stage(model: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(
            model.IN_CHANNELS,
            model.DIMS[0],
            STEM_KERNEL_SIZE,
            padding=STEM_KERNEL_SIZE // 2,
        ),
        Block3D(model.DIMS[0], model.KERNEL_SIZE, STEM_LAYER_SCALE, model.ACTIVATION),
    )


def _stage(model: ModelConfig, level: int) -> nn.Sequential:
    return nn.Sequential(
        *(
            Block3D(
                model.DIMS[level],
                model.KERNEL_SIZE,
                model.LAYER_SCALE_INIT_VALUE,
                model.ACTIVATION,
                model.DROP_PATH_RATE,
            )
            for _ in range(model.DEPTHS[level])
        )
    )
