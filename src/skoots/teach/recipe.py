"""Settings of a training that takes a minute and begins with a model that knows much.

It keeps what the model was trained with, its losses, vectors and normalisation, and
changes how long and how fast: short epochs, a rate that does not fall, for nobody knows
when it ends, the strictest sigma from the start, an average over few steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from skoots.teach.record import REHEARSED
from skoots.teach.size import learned_diameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.config import Settings
    from skoots.model.checkpoint import Checkpoint

EPOCH_STEPS = 10
"""After which it is asked whether time is up, or a validation due."""

BATCH = 2

REHEARSED_CROPS = 5
"""Of the 20 of an epoch: fewer keep less of what a model knew."""

CROP: Shape3 = (32, 64, 64)
"""Of a step along Z, Y, X; where a stack is thinner, as many voxels."""

SCALE_RANGE = (0.9, 1.1)
"""Of sizes that a taught model is made for: it saw objects of one size, whatever the
model before knew, so other images are resampled."""

_LEAST_DEPTH = 16
_ENDLESS = 1_000_000
"""Epochs: the time ends it."""


def fine_tuning(
    base: Checkpoint,
    data: Path,
    shapes: Sequence[Shape3],
    seconds: float,
    *,
    rehearsed: bool = False,
) -> Settings:
    """Give the settings of a training that begins with a model.

    Parameters
    ----------
    base : Checkpoint
        The model, of a file.
    data : Path
        What `skoots.teach.materials.write_materials` wrote.
    shapes : sequence of tuple of int
        Extents of the volumes there, along Z, Y, X, in voxels.
    seconds : float
        How long; 0 for until it is stopped.
    rehearsed : bool
        Whether a folder of what the model knows lies among the data.
    """
    depth, high, wide = crop_shape(shapes)
    crops = EPOCH_STEPS * BATCH - (REHEARSED_CROPS if rehearsed else 0)
    folders = {data: math.ceil(crops / len(shapes))}
    if rehearsed:
        folders[data / REHEARSED] = REHEARSED_CROPS
    values: dict[str, dict[str, Any]] = {
        "TRAIN": {
            **_folders("TRAIN", folders),
            **_folders("VALIDATION", {}),
            **_folders("BACKGROUND", {}),
            "PRETRAINED_MODEL_PATH": [str(base.path)],
            "TRAIN_BATCH_SIZE": BATCH,
            "NUM_EPOCHS": _ENDLESS,
            "VALIDATE_EPOCH_SKIP": 1,
            "SAVE_INTERVAL": _ENDLESS,
            "LEARNING_RATE": 5e-4,
            "SCHEDULER": "constant",
            "N_WARMUP": EPOCH_STEPS,
            "INITIAL_SIGMA": _last_sigma(base.config),
            "SIGMA_DECAY": [],
            "LOSS_SKELETON_START_EPOCH": -1,
        },
        "TRAINER": {
            "EMA_DECAY": 0.98,
            "FREEZE_NORM_EPOCH": None,
            "SECONDS": seconds,
            "VALIDATE_SECONDS": 10.0,
            "VALIDATE_FIRST": True,
            "SCORE_VALIDATIONS": 1,
            "SCORE_TAUGHT": True,
            "CHECKPOINT_MINUTES": 0.5,
            "SCALE_RANGE": SCALE_RANGE,
            # as large as painted objects were made, however many slivers are painted
            "OBJECT_DIAMETER": learned_diameter(base),
        },
        "AUGMENTATION": {
            "CROP_WIDTH": wide,
            "CROP_HEIGHT": high,
            "CROP_DEPTH": depth,
        },
        "AUGMENTATION_EXTRA": {"CROPS": []},
        "INFERENCE": {"HALO": list(base.halo_zyx)},
    }
    return base.config.merge(values)


def crop_shape(shapes: Sequence[Shape3]) -> Shape3:
    """Give the extent of a crop along Z, Y, X: of a thin stack wider and less deep.

    Examples
    --------
    >>> crop_shape([(60, 200, 200)]), crop_shape([(10, 200, 200)])
    ((32, 64, 64), (16, 88, 88))
    """
    deepest = max(shape[0] for shape in shapes)
    depth = min(CROP[0], max(_LEAST_DEPTH, -(-deepest // 8) * 8))
    across = math.sqrt(math.prod(CROP) / depth)
    return depth, int(across // 8) * 8, int(across // 8) * 8


def _folders(key: str, crops: Mapping[Path, int]) -> dict[str, Any]:
    """Say how many crops are taken of each image of which folders."""
    return {
        f"{key}_DATA_DIR": [str(folder) for folder in crops],
        f"{key}_SAMPLE_PER_IMAGE": list(crops.values()),
        f"{key}_STORE_DATA_ON_GPU": [False] * len(crops),
    }


def _last_sigma(settings: Settings) -> list[float]:
    """Give the sigma that a training ended with, along X, Y, Z, in voxels."""
    shrunk = math.prod(factor for factor, _ in settings.TRAIN.SIGMA_DECAY)
    least = settings.TRAINER.SIGMA_FLOOR
    return [max(least, sigma * shrunk) for sigma in settings.TRAIN.INITIAL_SIGMA]
