"""How good a network is on data that it was not trained on.

This is what it costs by the losses of the training, on fixed crops. How well whole
volumes are segmented with it says `skoots.train.instance_score`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import torch

from skoots.errors import TrainingError
from skoots.train.batch import collate
from skoots.train.optimise.number_format import autocast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from skoots.model.precision import NumberFormat
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.train.objective import Losses, Objective


@dataclass(frozen=True, slots=True)
class LossMeans:
    """Means over crops of what `skoots.train.objective.Losses` holds."""

    total: float
    embedding: float
    probability: float
    skeleton: float

    @classmethod
    def of(cls, losses: Iterable[Losses]) -> Self:
        """Take the means; there must be at least one."""
        rows = [
            [float(getattr(one, field.name)) for field in fields(cls)] for one in losses
        ]
        return cls(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


@torch.no_grad()
def validate_losses(
    network: UNet | UNeXT,
    objective: Objective,
    samples: Iterable[Mapping[str, Any]],
    epoch: int,
    device: str | torch.device,
    number_format: NumberFormat = "float32",
) -> LossMeans:
    """Compute the losses of crops without learning from them.

    Parameters
    ----------
    network : UNet or UNeXT
        On `device`; in evaluation mode meanwhile, then as it was.
    objective : Objective
        The losses of the training.
    samples : iterable of mappings
        Crops as `skoots.train.merged_transform.TransformFromCfg` gives them, the same
        ones every time.
    epoch : int
        From 0; it says how strict the vectors are judged and which terms count.
    device : str or torch.device
        Where to compute.
    number_format : str
        What the network calculates with.

    Returns
    -------
    LossMeans

    Raises
    ------
    TrainingError
        If there is no crop.
    """
    where = torch.device(device)
    was_training = network.training
    network.eval()
    try:
        losses = []
        for sample in samples:
            batch = collate([sample]).to(where)
            with autocast(where, number_format):
                raw = network.raw(batch.image)
            losses.append(objective(raw, batch, epoch))
    finally:
        network.train(was_training)
    if not losses:
        raise TrainingError(
            "There is no crop to validate on. Give TRAIN.VALIDATION_SAMPLE_PER_IMAGE "
            "numbers above 0."
        )
    return LossMeans.of(losses)
