"""Start from a model instead of chance: TRAIN.PRETRAINED_MODEL_PATH."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from skoots.config.yacs import cfg_node_to_mapping
from skoots.errors import CheckpointError, ModelNotFoundError, SettingsError
from skoots.model.safe_file import read_safely
from skoots.model.state import clean_name
from skoots.model.zoo import find_model, known_models, load_model

if TYPE_CHECKING:
    from torch import nn

    from skoots.config import Settings
    from skoots.model.checkpoint import Checkpoint

_SHAPING = ("ARCHITECTURE", "IN_CHANNELS", "DIMS", "DEPTHS")
_SHAPING_UNEXT = ("OUT_CHANNELS", "KERNEL_SIZE", "ACTIVATION")
"""Keys of MODEL that a model and the settings must have in common."""


def check_pretrained(settings: Settings) -> None:
    """Refuse a model that no training with these settings can start from.

    Raises
    ------
    SettingsError
        If there is no such model, it cannot be read, or it is of another shape.
    """
    path = _named_model(settings)
    if path is None:
        return
    try:
        _refuse_another_shape(path, load_model(path), settings)
    except (ModelNotFoundError, CheckpointError) as error:
        raise SettingsError(f"TRAIN.PRETRAINED_MODEL_PATH: {error}") from error


def load_pretrained(network: nn.Module, settings: Settings) -> tuple[str, ...]:
    """Give a network the weights of the model that the settings name, if they do.

    Parameters
    ----------
    network : Module
        As `skoots.model.build.build_network` builds it from `settings`; changed.
    settings : Settings
        The first of TRAIN.PRETRAINED_MODEL_PATH is a path, or the name of a model.

    Returns
    -------
    tuple of str
        What the user should know; empty where the settings name no model.

    Raises
    ------
    SettingsError
        If the model is of another shape; the message names the keys that differ.
    ModelNotFoundError, CheckpointError
        If there is no such model, or it cannot be read.
    """
    path = _named_model(settings)
    if path is None:
        return _no_model_note(settings)
    checkpoint = load_model(path)
    _refuse_another_shape(path, checkpoint, settings)
    state = checkpoint.network.state_dict()
    mine = network.state_dict()
    if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in mine.items()}:
        # Layer scale builds weights or none, whatever its value otherwise.
        raise SettingsError(
            f"The model {path} has other weights than the settings describe. Set "
            f"MODEL.LAYER_SCALE_INIT_VALUE to "
            f"{checkpoint.config.MODEL.LAYER_SCALE_INIT_VALUE}, as in the model."
        )
    network.load_state_dict(state)
    return (f"Training starts from {path}.", *_differences(checkpoint, settings))


def load_pretrained_optimizer(
    optimizer: torch.optim.Optimizer, network: nn.Module, settings: Settings
) -> str | None:
    """Let an optimizer go on where the pretrained model's left off, if that is asked.

    Learning rate, weight decay and all else that settings say stay theirs.

    Parameters
    ----------
    optimizer : Optimizer
        As `skoots.train.optimise.optimizer.make_optimizer` makes it; changed.
    network : Module
        What it optimizes, filled by `load_pretrained`.
    settings : Settings
        Nothing is done unless TRAIN.LOAD_PRETRAINED_OPTIMIZER and there is a model.

    Returns
    -------
    str or None
        What was done, or why it could not be; None where nothing was asked.
    """
    train = settings.TRAIN
    name = _named_model(settings)
    if not train.LOAD_PRETRAINED_OPTIMIZER or name is None:
        return None
    path = find_model(name)
    payload = read_safely(path)
    stored = payload.get("optimizer_state_dict") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(stored, Mapping):
        return f"The optimizer starts anew: {path} keeps no state of one."
    before = _optimizer_name(payload)
    if before != train.OPTIMIZER:
        return (
            f"The optimizer starts anew: {path} was trained with {before} and not with "
            f"{train.OPTIMIZER}."
        )
    state = _by_our_order(stored.get("state"), payload["model_state_dict"], network)
    if not _fits(state, network, _needed_moments(settings)):
        return (
            f"The optimizer starts anew: what {path} keeps of it does not fit the "
            "weights."
        )
    fresh = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": fresh})
    return f"The optimizer goes on where {path} left it."


def _named_model(settings: Settings) -> str | None:
    """Give the model to start from.

    Published settings name a folder where there is none: what is neither a file, nor
    looks like one, nor like the name of a model, is that.
    """
    paths = settings.TRAIN.PRETRAINED_MODEL_PATH
    if not paths:
        return None
    path = Path(paths[0])
    names = [model.name for model in known_models()]
    meant = path.is_file() or path.suffix or get_close_matches(paths[0], names)
    return paths[0] if meant else None


def _no_model_note(settings: Settings) -> tuple[str, ...]:
    paths = settings.TRAIN.PRETRAINED_MODEL_PATH
    if not paths:
        return ()
    said = f"TRAIN.PRETRAINED_MODEL_PATH names {paths[0]}, which is no model"
    return (f"{said}: training starts from chance.",)


def _refuse_another_shape(
    path: str, checkpoint: Checkpoint, settings: Settings
) -> None:
    theirs, ours = checkpoint.config.MODEL, settings.MODEL
    unext = "unet" not in (theirs.ARCHITECTURE, ours.ARCHITECTURE)
    keys = (*_SHAPING, *_SHAPING_UNEXT) if unext else _SHAPING
    differing = [
        f"MODEL.{key} is {getattr(ours, key)!r} and {getattr(theirs, key)!r} there"
        for key in keys
        if getattr(ours, key) != getattr(theirs, key)
    ]
    if differing:
        raise SettingsError(
            f"The model {path} is another network than the settings describe: "
            f"{'; '.join(differing)}. Make them equal, or start without a model."
        )


def _differences(checkpoint: Checkpoint, settings: Settings) -> list[str]:
    """Say what makes the model's answers mean something else in this training."""
    theirs, ours = checkpoint.config.SKOOTS, settings.SKOOTS
    notes = []
    if theirs.VECTOR_SCALING != ours.VECTOR_SCALING:
        notes.append(
            f"SKOOTS.VECTOR_SCALING is {ours.VECTOR_SCALING} and the model's "
            f"{theirs.VECTOR_SCALING}: it must learn its vectors anew."
        )
    kind, wanted = checkpoint.normalization.kind, settings.TRAINER.NORMALIZATION
    if kind != {"volume": "volume", "dataset": "fixed"}[wanted]:
        notes.append(
            f"The model knows intensities as {kind!r} gives them and is trained on as "
            f"TRAINER.NORMALIZATION = {wanted!r} does: its first answers may be poor."
        )
    return notes


def _optimizer_name(payload: Mapping[str, Any]) -> object:
    """Give what published settings say; adamw was their default."""
    if payload.get("cfg") is None:
        return "adamw"
    train = cfg_node_to_mapping(payload["cfg"]).get("TRAIN", {})
    return train.get("OPTIMIZER", "adamw")


def _by_our_order(
    stored: object, weights: Mapping[str, object], network: nn.Module
) -> dict[int, Any]:
    """Number moments as our weights are; files number them in an order of their own.

    The published network has no buffers, so its weights are all that it optimizes.
    """
    ours = {name: place for place, (name, _) in enumerate(network.named_parameters())}
    theirs = [ours.get(clean_name(name)) for name in weights]
    if not isinstance(stored, Mapping):
        return {}
    places = dict(enumerate(theirs))
    return {
        place: moments
        for index, moments in stored.items()
        if (place := places.get(index)) is not None
    }


def _needed_moments(settings: Settings) -> set[str]:
    train = settings.TRAIN
    if train.OPTIMIZER == "sgd":
        return set()
    second = "exp_inf" if train.OPTIMIZER == "adamax" else "exp_avg_sq"
    given = zip(
        train.OPTIMIZER_KEYWORD_ARGUMENTS, train.OPTIMIZER_KEYWORD_VALUES, strict=True
    )
    greatest = {"max_exp_avg_sq"} if dict(given).get("amsgrad") else set()
    return {"step", "exp_avg", second, *greatest}


def _fits(state: Mapping[int, Any], network: nn.Module, needed: set[str]) -> bool:
    """Tell whether every weight has its moments, in its shape."""
    parameters = list(network.parameters())
    return set(state) == set(range(len(parameters))) and all(
        isinstance(moments, Mapping)
        and needed <= set(moments)
        and all(
            value.ndim == 0 or value.shape == parameters[place].shape
            for value in moments.values()
            if isinstance(value, torch.Tensor)
        )
        for place, moments in state.items()
    )
