r"""The network of this project: a plain residual 3D U-Net.

Dense 3x3x3 convolutions, few levels, skips that are added. On a processor as on a GPU
it is many times faster than large depth-wise kernels, which spend their time on memory
traffic::

    image -> stem -----------------------------------------(+)-> conv -> head -> 5
               \                                           /
               down, blocks ----------------------(+), block
                   \                              /
                   down, blocks ---------(+), block
                       \                 /
                       down, blocks ----

Its normalisation has running statistics, so an answer does not depend on the tile that
a voxel happens to lie in; instance and group normalisation would make it so
(`skoots.model.renorm`).

*Source:* residual blocks after He et al., "Deep residual learning for image
recognition" (2016), in the encoder-decoder of Çiçek et al., "3D U-Net" (2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from skoots.errors import ShapeError
from skoots.model.renorm import BatchRenorm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

VECTORS = 3
"""Output channels that hold the vector to the skeleton."""


class ConvNorm(nn.Sequential):
    """A convolution and its normalisation, one after the other.

    `fuse` folds the second into the first: a pass over memory less, the same numbers.
    """

    def __init__(
        self, channels_in: int, channels: int, kernel: int = 3, stride: int = 1
    ) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(
            nn.Conv3d(channels_in, channels, kernel, stride, padding, bias=False),
            BatchRenorm(channels),
        )

    def fuse(self) -> None:
        """Fold the running statistics into the weights; for inference alone."""
        if len(self) == 2:
            conv, norm = self
            assert isinstance(conv, nn.Conv3d)  # noqa: S101 - built so above
            assert isinstance(norm, nn.BatchNorm3d)  # noqa: S101 - built so above
            fused = fuse_conv_bn_eval(conv, norm)
            del self[1]
            self[0] = fused


class Block(nn.Module):
    """Two convolutions and a way past them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the two convolutions find to what came in."""
        y = functional.relu(self.first(x), inplace=True)
        return functional.relu(self.second(y).add_(x), inplace=True)


class Down(nn.Module):
    """Halve each axis, then look around."""

    def __init__(self, channels_in: int, channels: int, depth: int) -> None:
        super().__init__()
        self.shrink = ConvNorm(channels_in, channels, kernel=2, stride=2)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        """Give features at half the resolution."""
        y: Tensor = self.blocks(functional.relu(self.shrink(x), inplace=True))
        return y


class Up(nn.Module):
    """Double each axis, add the skip, then look around."""

    def __init__(self, channels_in: int, channels: int, depth: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels_in, channels, 1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(depth)))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Give features at the resolution of `skip`."""
        # the 1x1x1 convolution runs before the voxels multiply by eight
        y = functional.interpolate(self.conv(x), size=skip.shape[2:], mode="nearest")
        z: Tensor = self.blocks(y.add_(skip))
        return z


class UNet(nn.Module):
    """Vectors, skeleton and probability of each voxel.

    Parameters
    ----------
    in_channels : int
        Channels of the image.
    dims : sequence of int
        Channels at full resolution, then at each halving.
    depths : sequence of int
        Residual blocks at each halving going down, then at each but the last going up:
        ``2 * (len(dims) - 1) - 1`` numbers.
    """

    def __init__(
        self,
        in_channels: int = 1,
        dims: Sequence[int] = (16, 32, 64, 128),
        depths: Sequence[int] = (1, 1, 2, 1, 1),
    ) -> None:
        super().__init__()
        levels = len(dims) - 1
        self.in_channels = in_channels
        self.factor = 2**levels
        self.stem = ConvNorm(in_channels, dims[0])
        self.down = nn.ModuleList(
            Down(dims[i], dims[i + 1], depths[i]) for i in range(levels)
        )
        up_depths = (*depths[levels:], 0)  # no residual block at full resolution
        self.up = nn.ModuleList(
            Up(dims[levels - i], dims[levels - i - 1], up_depths[i])
            for i in range(levels)
        )
        self.last = ConvNorm(dims[0], dims[0])
        self.head = nn.Conv3d(dims[0], VECTORS + 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Predict.

        Parameters
        ----------
        x : Tensor, (B, C, X, Y, Z), float
            Normalised image; each extent a multiple of `factor`.

        Returns
        -------
        Tensor, (B, 5, X, Y, Z), float
            Vectors along X, Y, Z (-1 to 1), skeleton and probability (0 to 1).

        Raises
        ------
        ShapeError
            If an extent is no multiple of the network's down-sampling.
        """
        if any(size < self.factor or size % self.factor for size in x.shape[2:]):
            raise ShapeError(
                f"An image of {tuple(x.shape[2:])} voxels cannot be halved down to "
                f"1/{self.factor}. Pad each axis to a multiple of {self.factor} voxels."
            )
        # channel by channel in memory: over scattered voxels tanh is six times slower
        y = self.raw(x).contiguous()
        y[:, :VECTORS].tanh_()
        y[:, VECTORS:].sigmoid_()
        return y

    def raw(self, x: Tensor) -> Tensor:
        """Give the five channels before their activation, (B, 5, X, Y, Z)."""
        return self.logits(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """Give what the network sees at each voxel, (B, dims[0], X, Y, Z)."""
        levels = [functional.relu(self.stem(x), inplace=True)]
        for down in self.down:
            levels.append(down(levels[-1]))
        y = levels.pop()
        for up in self.up:
            y = up(y, levels.pop())
        return y

    def fuse(self) -> None:
        """Fold every normalisation into its convolution; for inference alone."""
        for module in list(self.modules()):
            if isinstance(module, ConvNorm):
                module.fuse()

    def logits(self, features: Tensor) -> Tensor:
        """Turn full-resolution features into the five channels before activation."""
        y: Tensor = self.head(functional.relu(self.last(features), inplace=True))
        return y
