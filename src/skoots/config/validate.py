"""Checks of settings against each other, which no single field can make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.config.arguments import (
    LOSS_ARGUMENTS,
    OPTIMIZER_ARGUMENTS,
    named_arguments,
)
from skoots.config.report import nearest
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skoots.config.augmentation import AugmentationConfig
    from skoots.config.network import ModelConfig
    from skoots.config.settings import Settings
    from skoots.config.train import TrainConfig

ACTIVATIONS = ("gelu", "relu", "silu", "selu")
KERNEL_SIZES = (3, 5, 7)
LOSSES = tuple(LOSS_ARGUMENTS)
OPTIMIZERS = tuple(OPTIMIZER_ARGUMENTS)
SCHEDULERS = (
    "cosine_annealing_warm_restarts",
    "cosine",
    "one_cycle",
    "constant",
)

_ONLY = {
    "BLOCK": "block3d",
    "CONCAT_BLOCK": "concatconv3d",
    "UPSAMPLE_BLOCK": "upsamplelayer3d",
    "NORMALIZATION": "layernorm",
}

_PAIRS = (
    ("LOSS_EMBED_KEYWORDS", "LOSS_EMBED_VALUES"),
    ("LOSS_PROBABILITY_KEYWORDS", "LOSS_PROBABILITY_VALUES"),
    ("LOSS_SKELETON_KEYWORDS", "LOSS_SKELETON_VALUES"),
    ("OPTIMIZER_KEYWORD_ARGUMENTS", "OPTIMIZER_KEYWORD_VALUES"),
    ("TRAIN_DATA_DIR", "TRAIN_SAMPLE_PER_IMAGE"),
    ("TRAIN_DATA_DIR", "TRAIN_STORE_DATA_ON_GPU"),
    ("VALIDATION_DATA_DIR", "VALIDATION_SAMPLE_PER_IMAGE"),
    ("VALIDATION_DATA_DIR", "VALIDATION_STORE_DATA_ON_GPU"),
    ("BACKGROUND_DATA_DIR", "BACKGROUND_SAMPLE_PER_IMAGE"),
    ("BACKGROUND_DATA_DIR", "BACKGROUND_STORE_DATA_ON_GPU"),
)

_RANGES = (
    "BRIGHTNESS_RANGE",
    "CONTRAST_RANGE",
    "AFFINE_SCALE",
    "AFFINE_YAW",
    "AFFINE_SHEAR",
)


def validate_cfg(settings: Settings) -> Settings:
    """Check that settings fit together; paths need not exist.

    Parameters
    ----------
    settings : Settings
        Settings whose fields are each within their bounds.

    Returns
    -------
    Settings
        The same settings.

    Raises
    ------
    SettingsError
        If two keys contradict each other, or a name is not known.
    """
    validate_model(settings.MODEL)
    _validate_training(settings.TRAIN)
    _validate_ranges(settings.AUGMENTATION)
    _validate_fixed_statistics(settings)
    return settings


def validate_model(model: ModelConfig) -> None:
    """Check that a network can be built.

    Parameters
    ----------
    model : ModelConfig
        The section MODEL.

    Raises
    ------
    SettingsError
        If the architecture cannot be built, or not with these numbers.
    """
    if model.ARCHITECTURE == "bism_unet":
        raise SettingsError(
            "MODEL.ARCHITECTURE = 'bism_unet' cannot be built, in published SKOOTS "
            "neither. Use bism_unext or unet."
        )
    if model.ARCHITECTURE == "unet":
        _validate_unet(model)
    else:
        _validate_unext(model)


def _validate_unet(model: ModelConfig) -> None:
    levels = len(model.DIMS) - 1
    if levels < 1:
        raise SettingsError(
            f"MODEL.DIMS = {model.DIMS} has no level. For unet, give the channels of "
            "the stem and of at least one level, like (16, 32, 64, 128)."
        )
    if len(model.DEPTHS) != 2 * levels - 1:
        raise SettingsError(
            f"MODEL.DEPTHS has {len(model.DEPTHS)} entries, but {levels} levels of "
            f"unet need {2 * levels - 1}: each going down, all but the last going up."
        )


def _validate_unext(model: ModelConfig) -> None:
    levels = len(model.DIMS)
    if levels % 2 == 0:
        raise SettingsError(
            f"MODEL.DIMS has {levels} entries. bism_unext goes down and up again: give "
            "an odd number, like (32, 64, 128, 64, 32)."
        )
    if len(model.DEPTHS) != levels:
        raise SettingsError(
            f"MODEL.DEPTHS has {len(model.DEPTHS)} entries and MODEL.DIMS {levels}. "
            "Give both one entry a level."
        )
    if model.DIMS[-1] != model.OUT_CHANNELS:
        raise SettingsError(
            f"MODEL.OUT_CHANNELS = {model.OUT_CHANNELS}, but the last of MODEL.DIMS is "
            f"{model.DIMS[-1]}. Make them equal."
        )
    if model.KERNEL_SIZE not in KERNEL_SIZES:
        raise SettingsError(
            f"MODEL.KERNEL_SIZE = {model.KERNEL_SIZE} is not known. Use 3, 5 or 7."
        )
    _check_name("MODEL.ACTIVATION", model.ACTIVATION, ACTIVATIONS)
    for key, only in _ONLY.items():
        _check_name(f"MODEL.{key}", getattr(model, key), (only,))


def _validate_training(train: TrainConfig) -> None:
    for key in ("LOSS_EMBED", "LOSS_PROBABILITY", "LOSS_SKELETON"):
        _check_name(f"TRAIN.{key}", getattr(train, key), LOSSES)
    _check_name("TRAIN.OPTIMIZER", train.OPTIMIZER, OPTIMIZERS)
    _check_name("TRAIN.SCHEDULER", train.SCHEDULER, SCHEDULERS)
    _check_name("TRAIN.TARGET", train.TARGET, ("skoots",))
    wrong = [
        f"TRAIN.{first} has {len(one)} entries and TRAIN.{second} {len(other)}"
        for first, second in _PAIRS
        for one, other in [(getattr(train, first), getattr(train, second))]
        if len(one) != len(other) and (other or not first.endswith("_DATA_DIR"))
    ]
    if wrong:
        raise SettingsError(f"{'; '.join(wrong)}. Give both the same number.")
    _validate_arguments(train)


def _validate_arguments(train: TrainConfig) -> None:
    for key in ("LOSS_EMBED", "LOSS_PROBABILITY", "LOSS_SKELETON"):
        loss = getattr(train, key)
        names = getattr(train, f"{key}_KEYWORDS")
        values = getattr(train, f"{key}_VALUES")
        said = f"TRAIN.{key} = {loss!r}"
        named_arguments(said, LOSS_ARGUMENTS[loss], names, values)
    given = named_arguments(
        f"TRAIN.OPTIMIZER = {train.OPTIMIZER!r}",
        OPTIMIZER_ARGUMENTS[train.OPTIMIZER],
        train.OPTIMIZER_KEYWORD_ARGUMENTS,
        train.OPTIMIZER_KEYWORD_VALUES,
    )
    if given.get("nesterov") and (not given.get("momentum") or given.get("dampening")):
        raise SettingsError(
            f"TRAIN.OPTIMIZER = 'sgd' with nesterov has momentum = "
            f"{given.get('momentum', 0)} and dampening = {given.get('dampening', 0)}. "
            "Give a momentum above 0 and no dampening."
        )


def _validate_ranges(augmentation: AugmentationConfig) -> None:
    for key in _RANGES:
        least, greatest = getattr(augmentation, key)
        if least > greatest:
            raise SettingsError(
                f"AUGMENTATION.{key} = ({least}, {greatest}) runs backwards. "
                f"Write ({greatest}, {least})."
            )


def _validate_fixed_statistics(settings: Settings) -> None:
    epoch, network = settings.TRAINER.FREEZE_NORM_EPOCH, settings.MODEL.ARCHITECTURE
    if epoch is not None and network != "unet":
        raise SettingsError(
            f"TRAINER.FREEZE_NORM_EPOCH = {epoch}, but {network} has no running "
            "statistics that could be fixed. Leave it out, or use MODEL.ARCHITECTURE = "
            "'unet'."
        )


def _check_name(key: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise SettingsError(
            f"{key} = {name!r} is not known. The nearest is {nearest(name, known)!r}; "
            f"known are {', '.join(known)}."
        )
