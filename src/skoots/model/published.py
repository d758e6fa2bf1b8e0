"""Model files of published SKOOTS, in the four forms that its training wrote.

Release 0.0.5 divides intensities by the range of their type. HEAD standardises them:
with the mean and deviation of its training data, or, where a file stores none, with
those of the image. HEAD's settings are known by their keys::

    file                                                      normalisation
    release 0.0.5, at the end                                 divide
    release 0.0.5, every 100 epochs: the bare weights, whose  divide
        shapes tell the architecture
    HEAD, with the mean and deviation of its training data    fixed
    HEAD without them, such as through ``train_context``      volume
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.config import Settings
from skoots.config.yacs import cfg_node_to_mapping, split_known
from skoots.errors import CheckpointError
from skoots.model.contents import Contents, Normalization
from skoots.model.state import clean_state
from skoots.model.unext_shapes import infer_unext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.model.contents import State

HALO_ZYX = (8, 24, 24)
"""Voxels around a tile that a published model needs; measured on published weights."""

_HISTORY = "avg_epoch_loss"

_ONLY_HEAD = {
    "EXPERIMENTAL": ("IS_SPARSE", "DIST_THR"),
    "AUGMENTATION": ("ELASTIC_RATE",),
    "TRAIN": (
        "TARGET",
        "SKELETON_MASK_RADIUS",
        "SKELETON_MASK_FLANK_RADIUS",
        "TRANSFORM_DEVICE",
        "VALIDATE_EPOCH_SKIP",
    ),
}
"""Keys that HEAD's settings have and those of release 0.0.5 do not."""


def read_published(payload: Mapping[str, object]) -> Contents:
    """Read a model file of published SKOOTS.

    Parameters
    ----------
    payload : Mapping from str to object
        What the file holds.

    Returns
    -------
    Contents
        Its settings, with the documented inference protocol, and its weights.

    Raises
    ------
    CheckpointError
        If it holds neither a checkpoint nor the bare weights of one.
    SettingsError
        If its settings are out of bounds.
    """
    state = clean_state(_weights(payload))
    config, provenance = _settings(payload, state)
    losses = payload.get(_HISTORY)
    if isinstance(losses, list):
        provenance["epochs"] = max(len(losses) - 1, 0)  # the first entry is a stand-in
    return Contents(
        config=config,
        state=state,
        normalization=_normalization(payload),
        published=True,
        provenance=provenance,
    )


def _weights(payload: Mapping[str, object]) -> object:
    if "model_state_dict" in payload:
        return payload["model_state_dict"]
    if all(isinstance(value, torch.Tensor) for value in payload.values()):
        return payload
    names = ", ".join(sorted(map(str, payload))[:8])
    raise CheckpointError(
        f"It holds {names} and no model_state_dict. Give a model of SKOOTS."
    )


def _settings(
    payload: Mapping[str, object], state: State
) -> tuple[Settings, dict[str, object]]:
    if payload.get("cfg") is None or "model_state_dict" not in payload:
        config = Settings.from_dict({"MODEL": infer_unext(state)})
        return config, {"settings": "read off the shapes of the weights"}
    known, unknown = split_known(cfg_node_to_mapping(payload["cfg"]))
    return Settings.from_dict(known), {"unknown_settings": unknown} if unknown else {}


def _normalization(payload: Mapping[str, object]) -> Normalization:
    if "model_state_dict" not in payload:
        return Normalization("divide")
    mean, std = payload.get("dataset_mean"), payload.get("dataset_std")
    if mean is not None and std is not None:
        return Normalization("fixed", _number("mean", mean), _number("std", std))
    is_head = "dataset_mean" in payload or _has_head_keys(payload.get("cfg"))
    return Normalization("volume" if is_head else "divide")


def _has_head_keys(cfg: object) -> bool:
    if cfg is None:
        return False
    sections = cfg_node_to_mapping(cfg)
    return any(
        key in sections.get(name, {})
        for name, keys in _ONLY_HEAD.items()
        for key in keys
    )


def _number(name: str, value: object) -> float:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return float(value.item())
    if isinstance(value, (int, float)):
        return float(value)
    raise CheckpointError(
        f"Its dataset_{name} is no number but {type(value).__name__}."
    )
