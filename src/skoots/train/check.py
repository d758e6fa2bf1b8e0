"""What a training needs of its settings, asked before any work starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from skoots.errors import SettingsError
from skoots.model.build import build_network
from skoots.train.optimise.pretrained import check_pretrained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skoots._types import Shape3
    from skoots.config import Settings


def check_training(settings: Settings) -> None:
    """Refuse settings that no training can begin with.

    Parameters
    ----------
    settings : Settings
        Checked against each other by `skoots.config.validate_cfg`.

    Raises
    ------
    SettingsError
        If there is no data, a folder is missing, a crop does not fit the network, or
        the model to start from does not.
    """
    train = settings.TRAIN
    if not train.TRAIN_DATA_DIR:
        raise SettingsError(
            "TRAIN.TRAIN_DATA_DIR is empty: there is nothing to train on. Name the "
            "folders of your NAME.tif and NAME.labels.tif, or have settings written "
            "by make_first_settings (--init)."
        )
    for key in ("TRAIN", "VALIDATION", "BACKGROUND"):
        _check_folders(f"TRAIN.{key}_DATA_DIR", getattr(train, f"{key}_DATA_DIR"))
    if train.NUM_EPOCHS < 1:
        raise SettingsError("TRAIN.NUM_EPOCHS = 0 is no training. Use at least 1.")
    _check_crops(settings)
    check_pretrained(settings)


def _check_folders(key: str, folders: Sequence[str]) -> None:
    for folder in folders:
        if not Path(folder).is_dir():
            raise SettingsError(
                f"{key} names {folder}, and there is no such folder. Check its path."
            )


def _check_crops(settings: Settings) -> None:
    with torch.device("meta"):
        network = build_network(settings)
    strict = settings.MODEL.ARCHITECTURE == "unet"
    for where, shape in _crops(settings):
        for axis, size in zip("XYZ", shape, strict=True):
            if size == 1 and axis == "Z" and where.startswith("AUGMENTATION_EXTRA"):
                continue  # a single slice is repeated
            fits = size % network.factor == 0 if strict else size >= network.factor
            if not fits:
                lower = size // network.factor * network.factor or network.factor
                raise SettingsError(
                    f"{where} has {size} voxels along {axis}, which this network "
                    f"cannot halve down to 1/{network.factor}. Use "
                    + (f"{lower}." if strict else f"at least {network.factor}.")
                )


def _crops(settings: Settings) -> Iterator[tuple[str, Shape3]]:
    usual = settings.AUGMENTATION
    yield (
        "The crop of AUGMENTATION.CROP_WIDTH, HEIGHT, DEPTH",
        (usual.CROP_WIDTH, usual.CROP_HEIGHT, usual.CROP_DEPTH),
    )
    for x, y, z, _ in settings.AUGMENTATION_EXTRA.CROPS:
        yield "AUGMENTATION_EXTRA.CROPS", (x, y, z)
