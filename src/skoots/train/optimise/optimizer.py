"""The optimizer that settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from skoots.config.arguments import OPTIMIZER_ARGUMENTS, named_arguments
from skoots.config.report import nearest
from skoots.errors import SettingsError
from skoots.train.optimise.uncompiled import uncompiled

if TYPE_CHECKING:
    from torch import nn

    from skoots.config import Settings

_CLASSES: dict[str, type[torch.optim.Optimizer]] = {
    "adamw": uncompiled(torch.optim.AdamW),
    "adam": uncompiled(torch.optim.Adam),
    "adamax": uncompiled(torch.optim.Adamax),
    "sgd": uncompiled(torch.optim.SGD),
}


def make_optimizer(network: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """Make the optimizer of all weights of a network.

    Parameters
    ----------
    network : Module
        Already on the device where it is trained.
    settings : Settings
        The keys of TRAIN that begin with OPTIMIZER, LEARNING_RATE and WEIGHT_DECAY.

    Returns
    -------
    Optimizer

    Raises
    ------
    SettingsError
        If there is no such optimizer, or it does not take its arguments.
    """
    train = settings.TRAIN
    if train.OPTIMIZER not in _CLASSES:
        raise SettingsError(
            f"TRAIN.OPTIMIZER = {train.OPTIMIZER!r} is not known. The nearest is "
            f"{nearest(train.OPTIMIZER, _CLASSES)!r}; known are {', '.join(_CLASSES)}."
        )
    said = f"TRAIN.OPTIMIZER = {train.OPTIMIZER!r}"
    arguments: dict[str, Any] = named_arguments(
        said,
        OPTIMIZER_ARGUMENTS[train.OPTIMIZER],
        train.OPTIMIZER_KEYWORD_ARGUMENTS,
        train.OPTIMIZER_KEYWORD_VALUES,
    )
    if train.OPTIMIZER != "sgd":  # which divides by nothing
        arguments["eps"] = train.OPTIMIZER_EPS
    arguments |= {"lr": train.LEARNING_RATE, "weight_decay": train.WEIGHT_DECAY}
    try:
        return _CLASSES[train.OPTIMIZER](network.parameters(), **arguments)
    except (ValueError, RuntimeError) as error:
        raise SettingsError(
            f"{said} refuses its arguments: {error}. Change "
            "TRAIN.OPTIMIZER_KEYWORD_VALUES."
        ) from error
