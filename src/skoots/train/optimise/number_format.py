"""What a training calculates with: 16 bits where that is faster, found by trying.

Processors that multiply 16 bits do so for dense convolutions and lose on depthwise
ones, so one step of the very network is timed in both formats. The answer may differ
from day to day; a training that is to be resumed exactly keeps the one it began with.
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import torch

from skoots.model.precision import choose_number_format

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.config import Settings
    from skoots.model.precision import NumberFormat
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT

_PROBE = (48, 48, 32)
"""Largest part of a batch that is timed, along X, Y, Z, where somebody waits for the
first step: as a rule the same format is the faster one there."""

_REPEATS = 2
"""Steps that are timed after one that is not; the fastest counts. One where somebody
waits."""


def choose_training_format(
    network: UNet | UNeXT, settings: Settings, image: Tensor
) -> NumberFormat:
    """Choose what the network calculates with while it is trained.

    Weights, losses and the optimizer are float32 in any case.

    Parameters
    ----------
    network : UNet or UNeXT
        On the device where it is trained; stays as it is.
    settings : Settings
        Without TRAIN.MIXED_PRECISION it is float32.
    image : Tensor, (B, C, X, Y, Z), float32
        As large as the training's batches, on the same device.

    Returns
    -------
    str
        ``float32`` or ``bfloat16``. On a GPU ``bfloat16`` from Ampere on; float16
        would need its losses scaled.
    """
    able = choose_number_format(image.device) == "bfloat16"
    if not settings.TRAIN.MIXED_PRECISION or not able:
        return "float32"
    if image.device.type != "cpu":
        return "bfloat16"
    repeats = _REPEATS
    if settings.TRAINER.SECONDS or settings.TRAINER.VALIDATE_SECONDS:
        # it takes a minute or so: a wrong choice costs less than to be sure
        x, y, z = _PROBE
        image, repeats = image[:1, :, :x, :y, :z], 1
    plain = time_step(network, image, "float32", repeats)
    half = time_step(network, image, "bfloat16", repeats)
    return "bfloat16" if half < plain else "float32"


def time_step(
    network: UNet | UNeXT,
    image: Tensor,
    number_format: NumberFormat,
    repeats: int = _REPEATS,
) -> float:
    """Time one step of a training, forward and backward, on a copy of the network.

    Returns
    -------
    float
        Seconds; of the fastest step after the first.
    """
    tried = copy.deepcopy(network).train()
    image = image.to(memory_format=torch.channels_last_3d)
    seconds = []
    with torch.random.fork_rng(devices=[]):  # dropped paths draw from it
        for _ in range(repeats + 1):
            started = time.perf_counter()
            with autocast(image.device, number_format):
                answer = tried.raw(image)
            answer.float().square().mean().backward()  # type: ignore[no-untyped-call]  # torch has no type here
            seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def autocast(device: torch.device, number_format: NumberFormat) -> torch.autocast:
    """Let a network calculate in a number format while weights stay float32."""
    dtype = torch.float16 if number_format == "float16" else torch.bfloat16
    return torch.autocast(device.type, dtype, enabled=number_format != "float32")
