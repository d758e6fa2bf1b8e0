"""Settings of a training that begins with chance, and the grid that it learns on.

They are those that `skoots train --init` measures, but for how long it takes: nobody
knows that when it begins, so nothing depends on it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from skoots.config import Settings
from skoots.model.native import HALO_ZYX
from skoots.teach.recipe import EPOCH_STEPS, SCALE_RANGE
from skoots.train.first.settings import make_first_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from skoots._types import Shape3, VoxelSize

ACROSS = 24.0
"""Voxels across a typical object, where it is more than `LARGE` times as many."""

LARGE = 1.5

HALO = HALO_ZYX
"""Of a model from scratch: to measure it takes longer than to teach it."""

_ENDLESS = 1_000_000
"""Epochs: the time ends it."""

_SIGMA_EPOCHS = (10, 20, 40, 80)
"""When sigma becomes smaller; the factors are those of ``--init``."""


def from_scratch(
    data: Path, shapes: Sequence[Shape3], seconds: float, device: str
) -> Settings:
    """Give the settings of a training that begins with chance.

    Parameters
    ----------
    data : Path
        What `skoots.teach.materials.write_materials` wrote.
    shapes : sequence of tuple of int
        Extents of the volumes there, along Z, Y, X, in voxels.
    seconds : float
        How long; 0 for until it is stopped.
    device : str
        Where it will run.
    """
    first = Settings.from_dict(make_first_settings(data, device).values)
    batch = first.TRAIN.TRAIN_BATCH_SIZE
    decay = zip(first.TRAIN.SIGMA_DECAY, _SIGMA_EPOCHS, strict=True)
    values: dict[str, dict[str, Any]] = {
        "TRAIN": {
            "TRAIN_SAMPLE_PER_IMAGE": [math.ceil(EPOCH_STEPS * batch / len(shapes))],
            "NUM_EPOCHS": _ENDLESS,
            "VALIDATE_EPOCH_SKIP": 1,
            "SAVE_INTERVAL": _ENDLESS,
            "SCHEDULER": "constant",
            "SIGMA_DECAY": [[factor, epoch] for (factor, _), epoch in decay],
        },
        "TRAINER": {
            "EMA_DECAY": 0.98,
            "SECONDS": seconds,
            "VALIDATE_SECONDS": 10.0,
            "SCORE_VALIDATIONS": 1,
            "SCORE_TAUGHT": True,
            "CHECKPOINT_MINUTES": 0.5,
            "SCALE_RANGE": SCALE_RANGE,
        },
        "INFERENCE": {"HALO": list(HALO)},
    }
    return first.merge(values)


def scratch_grid(
    shape: Shape3, voxel_size: VoxelSize | None, diameter: float | None
) -> Shape3:
    """Give the grid that a model from scratch learns on: with no larger objects.

    Parameters
    ----------
    shape : tuple of int
        Of the image along Z, Y, X, in voxels.
    voxel_size : tuple of float or None
        Likewise, in micrometres.
    diameter : float or None
        Of a typical object, in voxels.

    Examples
    --------
    >>> scratch_grid((100, 400, 400), None, 30)
    (100, 400, 400)
    >>> scratch_grid((100, 400, 400), None, 48), scratch_grid((1, 400, 400), None, 48)
    ((50, 200, 200), (1, 200, 200))

    Deep voxels are left as they are:

    >>> scratch_grid((100, 400, 400), (0.02, 0.01, 0.01), 48)
    (100, 200, 200)
    """
    if diameter is None or diameter <= LARGE * ACROSS:
        return shape
    zoom = ACROSS / diameter
    depth = 1.0 if voxel_size is None else voxel_size[0] / voxel_size[1]
    deep = min(1.0, zoom * depth)
    z, y, x = shape
    return max(1, round(z * deep)), max(1, round(y * zoom)), max(1, round(x * zoom))
