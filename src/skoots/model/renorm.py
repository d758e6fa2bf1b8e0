"""Normalisation that is the same while a network is trained and when it is applied.

Batch normalisation divides by the deviation of the very batch while it learns, and by a
running average when it is applied. A batch of one crop is unlike the next: one is full
of objects, one has none. A network then learns to find skeletons in crops that are
normalised by themselves, and misses them when it is applied. (`chloroplast_em`, 1700
steps of one crop each: skeletons above 0.5 in 7 % of the voxels by the statistics of
the crop, 90 % of them in objects, and in none by the running ones.)

Here the running statistics are used from the start of being known well, and yet the
gradient is that of batch normalisation:

    y = (x - m) / s * r + d,    r = s / S,    d = (m - M) / S

with m and s of the batch, M and S the running ones; no gradient flows through r and d.
Without limits this is (x - M) / S. The limits of r and d open over the first steps.

*Source:* Ioffe, "Batch renormalization: towards reducing minibatch dependence in
batch-normalized models" (2017).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

MOMENTUM = 0.02
"""Share of a running statistic that a batch replaces."""

BEGIN, END = 200, 1000
"""Batches after which the limits begin to open, and are open."""

MOST_SCALE, MOST_SHIFT = 3.0, 5.0
"""Limits of r (and of 1 / r) and d when they are open."""


class BatchRenorm(nn.BatchNorm3d):
    """Batch renormalisation; parameters and buffers are those of `BatchNorm3d`.

    Parameters
    ----------
    channels : int
        Of the features.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__(channels, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise features, (B, C, X, Y, Z), channel by channel.

        Features may have fewer bits than the layer (autocast), as for `BatchNorm3d`.
        """
        if not self.training:
            return super().forward(x)
        scale, shift = self._corrections(x)
        weight, bias = self.weight * scale, self.bias + self.weight * shift
        # the batch's own statistics: the gradient flows through them
        return functional.batch_norm(
            x, None, None, weight, bias, training=True, eps=self.eps
        )

    @torch.no_grad()
    def _corrections(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give r and d of each channel, and let the batch count in the averages."""
        mean, var = self._statistics(x)
        exact = mean.dtype
        usual_mean, usual_var = self.running_mean.to(exact), self.running_var.to(exact)
        usual = (usual_var + self.eps).sqrt()
        seen = (self.num_batches_tracked - BEGIN) / (END - BEGIN)
        opened = seen.clamp(0, 1).to(mean.dtype)
        most_scale, most_shift = 1 + (MOST_SCALE - 1) * opened, MOST_SHIFT * opened
        scale = ((var + self.eps).sqrt() / usual).clamp(1 / most_scale, most_scale)
        shift = ((mean - usual_mean) / usual).clamp(-most_shift, most_shift)
        self.running_mean.copy_(usual_mean.lerp(mean, MOMENTUM))
        self.running_var.copy_(usual_var.lerp(var, MOMENTUM))
        self.num_batches_tracked += 1
        return scale.to(self.weight.dtype), shift.to(self.weight.dtype)

    def _statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give the mean and variance of each channel.

        As batch normalisation itself measures them, ten times as fast on a CPU as
        `torch.var_mean` does along all axes but the channels'.
        """
        # in 16 bits squares are too large, and small changes are none
        exact = torch.promote_types(self.running_var.dtype, torch.float32)
        mean = torch.zeros_like(self.running_mean, dtype=exact)
        var = torch.ones_like(self.running_var, dtype=exact)
        functional.batch_norm(x, mean, var, training=True, momentum=1.0)
        count = x.numel() // x.shape[1]
        return mean, var * ((count - 1) / count)  # it keeps the unbiased one
