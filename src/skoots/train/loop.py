"""The smallest honest training loop: a crop a step, an average of the weights kept."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from skoots.errors import TrainingError
from skoots.events import TrainStep
from skoots.model.unet import VECTORS
from skoots.train.loss import embedding_loss, mask_loss
from skoots.train.sigma import sigma_at

if TYPE_CHECKING:
    from collections.abc import Generator

    from torch import Tensor, nn

    from skoots.events import Event
    from skoots.model.unet import UNet
    from skoots.train.sample import Sample, Sampler

WARM_UP_STEPS = 50
EMA_DECAY = 0.998
GRADIENT_CLIP = 5.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run is made of besides its data and its network."""

    steps: int = 4000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    vector_scaling: tuple[float, float, float] = (60.0, 60.0, 60.0)
    skeleton_radius: float = 5.0
    seed: int = 0
    bfloat16: bool = True


def train(
    network: UNet, sampler: Sampler, recipe: Recipe
) -> Generator[Event, None, nn.Module]:
    """Train a network; yield after each step, return the averaged network.

    Parameters
    ----------
    network : UNet
        Gives five channels; trained in place.
    sampler : Sampler
        Draws the crops and their targets.
    recipe : Recipe
        How long, how fast, and what the targets are like.

    Yields
    ------
    TrainStep

    Returns
    -------
    Module
        The exponential moving average of the weights, in eval mode.

    Raises
    ------
    TrainingError
        If the loss is not a number.
    """
    network.train()
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # torch's types lack it
    moving = get_ema_multi_avg_fn(EMA_DECAY)  # type: ignore[no-untyped-call]  # torch has no type here
    average = AveragedModel(network, multi_avg_fn=moving, use_buffers=True)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=recipe.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=recipe.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate_at(step, recipe.steps)
    )
    started = time.monotonic()
    for step in range(recipe.steps):
        loss = _loss(network, sampler.draw(), recipe, step / recipe.steps)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss.item()} at step {step}. "
                f"Use a learning rate below {recipe.learning_rate}."
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type here
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_CLIP)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        yield TrainStep(step + 1, recipe.steps, loss.item(), time.monotonic() - started)
    averaged: nn.Module = average.module
    return averaged.eval()


def _loss(network: UNet, sample: Sample, recipe: Recipe, fraction: float) -> Tensor:
    image = sample.image.to(memory_format=torch.channels_last_3d)
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
        logits = network.logits(network.features(image))
    logits = logits.float()
    scale = torch.tensor(recipe.vector_scaling).view(1, VECTORS, 1, 1, 1)
    vectors = logits[:, :VECTORS].tanh() * scale
    limit = 0.98  # tanh reaches 1 only at infinity
    offsets = torch.clamp(sample.offsets, -limit * scale, limit * scale)
    embedding = embedding_loss(vectors, offsets, sample.foreground, sigma_at(fraction))
    skeleton = mask_loss(
        logits[:, 3:4], sample.skeleton, sample.weight, alpha=0.5, beta=1.5
    )
    probability = mask_loss(
        logits[:, 4:5], sample.foreground, sample.weight, alpha=0.5, beta=0.5
    )
    return embedding + skeleton + probability


def _rate_at(step: int, steps: int) -> float:
    """Warm up, then fall along a cosine to two per cent."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
