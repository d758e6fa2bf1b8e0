"""Settings to begin with, from what annotated volumes are like (``--init``).

The choices are those of a network that learned real mitochondria in half an hour on one
core; what depends on the size, the shape and the brightness of the objects is measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from skoots.config import Settings, validate_cfg
from skoots.model.precision import choose_device, total_memory
from skoots.run.storage import storage_errors, write_atomically
from skoots.train.measure import measure_volumes
from skoots.train.objective import REACH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    import torch

    from skoots._types import Shape3
    from skoots.train.measure import Measured

FACTOR = 8
"""By how much the network makes an axis smaller."""

EPOCHS, STEPS_PER_EPOCH = 40, 100

_BYTES_PER_VOXEL = 1200
"""Of a crop, while a network whose first level has 16 channels learns from it."""

_MEMORY_SHARE = 0.25
"""Of a device's memory that a crop may take."""

_CROP_VOXELS = 48 * 96 * 96
"""On a processor more of them cost time, and fewer show too little of an object."""

_CROP_VOXELS_GPU = 64 * 128 * 128

SMALLEST, LARGEST, SHEAR = 0.7, 1.4, 7.0
"""Magnifications of a crop, and degrees by which it is sheared."""

_NUDGE = 1.0
"""Voxels by which a point of a skeleton is moved at most to stay in its object."""

_PLAIN_DIAMETER = 32.0
"""Voxels across the objects that the choices were made on."""


@dataclass(frozen=True, slots=True)
class FirstSettings:
    """Settings and why they are so."""

    values: Mapping[str, Mapping[str, Any]]
    """By section and key: what differs from the defaults."""

    reasons: Mapping[str, str]
    """By ``SECTION.KEY``: what the value comes from."""

    found: tuple[str, ...]
    """What was measured, in words."""


def make_first_settings(folder: Path, device: str = "auto") -> FirstSettings:
    """Measure annotated volumes and choose settings for them.

    Parameters
    ----------
    folder : path
        Holds NAME.tif and NAME.labels.tif, or two folders ``train`` and ``val`` that
        do.
    device : str
        Where the training will run.

    Returns
    -------
    FirstSettings
        Accepted by `skoots.config.validate_cfg`.

    Raises
    ------
    TrainingError
        If there is no annotated volume, or one cannot be used.
    """
    training, held_out = _folders(folder)
    measured = measure_volumes(training)
    values = settle(measured, choose_device(device))
    data = _data(training, held_out, len(measured.shapes))
    values["TRAIN"] = {**data, **values["TRAIN"]}
    validate_cfg(Settings.from_dict(values))
    return FirstSettings(values, _reasons(measured), _found(measured))


def settle(measured: Measured, device: torch.device) -> dict[str, dict[str, Any]]:
    """Choose all settings but where the data lies, by section and key.

    Parameters
    ----------
    measured : Measured
        What the volumes are like.
    device : torch.device
        Where the training will run.
    """
    return {
        "MODEL": _model(measured, device),
        "TRAIN": {**_losses(measured), **_schedule()},
        "TRAINER": _trainer(measured),
        "AUGMENTATION": _augmentation(measured, device),
        "AUGMENTATION_EXTRA": _extra(measured),
        "SKOOTS": {
            "VECTOR_SCALING": _vector_scaling(measured),
            "ANISOTROPY": _rounded(measured.spacing),
        },
        "INFERENCE": _inference(measured),
    }


def write_first_settings(path: Path, first: FirstSettings) -> None:
    """Write settings as YAML, each with what its value comes from.

    Raises
    ------
    StorageError
        If nothing may be written there.
    """
    lines = [
        "# Settings of a training: skoots train reads them (--config-file).",
        "# What is not named here has its default: docs/settings.md.",
        *(f"# {line}" for line in first.found),
    ]
    for section, values in first.values.items():
        lines += ["", f"{section}:"]
        for key, value in values.items():
            if reason := first.reasons.get(f"{section}.{key}"):
                lines.append(f"  # {reason}")
            lines.append(f"  {key}: {_flow(value)}")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, ("\n".join(lines) + "\n").encode())


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _folders(folder: Path) -> tuple[Path, Path | None]:
    folder = folder.resolve()
    inside, held_out = folder / "train", folder / "val"
    if not inside.is_dir():
        return folder, None
    return inside, held_out if held_out.is_dir() else None


def _is_isotropic(measured: Measured) -> bool:
    """Tell whether a volume may be turned in any plane."""
    deep = max(shape[2] for shape in measured.shapes) >= 3 * FACTOR
    return max(measured.spacing) < 1.5 and deep


def _model(measured: Measured, device: torch.device) -> dict[str, Any]:
    wide = device.type == "cuda"
    return {
        "ARCHITECTURE": "unet",
        "IN_CHANNELS": measured.channels,
        "OUT_CHANNELS": 5,
        "DIMS": [32, 64, 128, 256] if wide else [16, 32, 64, 128],
        "DEPTHS": [1, 1, 2, 1, 1],
    }


def _data(training: Path, held_out: Path | None, volumes: int) -> dict[str, Any]:
    data = {
        "TRAIN_DATA_DIR": [str(training)],
        "TRAIN_SAMPLE_PER_IMAGE": [math.ceil(STEPS_PER_EPOCH / volumes)],
        "TRAIN_STORE_DATA_ON_GPU": [False],
    }
    if held_out is not None:
        data |= {
            "VALIDATION_DATA_DIR": [str(held_out)],
            "VALIDATION_SAMPLE_PER_IMAGE": [8],
            "VALIDATION_STORE_DATA_ON_GPU": [False],
        }
    return {**data, "SAVE_PATH": str(training.parent / "models")}


def _losses(measured: Measured) -> dict[str, Any]:
    names = ["alpha", "beta", "smooth", "bce"]
    size = measured.diameter / _PLAIN_DIAMETER
    sigma = [round(min(max(20 * size, 6), 40) / s, 1) for s in measured.spacing]
    steps = ((0.66, 0.05), (0.66, 0.15), (0.66, 0.30), (0.5, 0.55))
    return {
        "LOSS_EMBED": "tversky_bce",
        "LOSS_EMBED_KEYWORDS": names,
        "LOSS_EMBED_VALUES": [0.25, 0.75, 0.005, 0.0],
        "LOSS_PROBABILITY": "tversky_bce",
        "LOSS_PROBABILITY_KEYWORDS": names,
        "LOSS_PROBABILITY_VALUES": [0.5, 0.5, 0.005, 0.3],
        "LOSS_SKELETON": "tversky_bce",
        "LOSS_SKELETON_KEYWORDS": names,
        "LOSS_SKELETON_VALUES": [0.5, 1.5, 0.005, 0.3],
        "LOSS_SKELETON_START_EPOCH": -1,
        "INITIAL_SIGMA": sigma,
        "SIGMA_DECAY": [[factor, round(at * EPOCHS)] for factor, at in steps],
        "SKELETON_MASK_RADIUS": _radius(measured),
    }


def _schedule() -> dict[str, Any]:
    return {
        "NUM_EPOCHS": EPOCHS,
        "TRAIN_BATCH_SIZE": 1,
        "VALIDATE_EPOCH_SKIP": 4,
        "SAVE_INTERVAL": EPOCHS,
        "OPTIMIZER": "adamw",
        "OPTIMIZER_KEYWORD_ARGUMENTS": ["betas"],
        "OPTIMIZER_KEYWORD_VALUES": [[0.9, 0.98]],
        "LEARNING_RATE": 0.003,
        "WEIGHT_DECAY": 0.0001,
        "SCHEDULER": "cosine",
        "N_WARMUP": 50,
    }


def _trainer(measured: Measured) -> dict[str, Any]:
    floor = min(2.9, 2.9 * measured.diameter / _PLAIN_DIAMETER)
    return {
        "NORMALIZATION": "volume",
        "SKELETON_MASK": "within",
        "OBJECT_RATE": 0.7,
        "CENTRE_JITTER": round(measured.diameter / 2, 1),
        "SIGMA_FLOOR": round(max(1.0, floor), 1),
        "EMA_DECAY": 0.998,
        "GRADIENT_CLIP": 5.0,
        # volumes of several channels are not segmented, so they cannot be scored
        "SCORE_VALIDATIONS": int(measured.channels == 1),
    }


def _augmentation(measured: Measured, device: torch.device) -> dict[str, Any]:
    width, height, depth = choose_crop(measured, device)
    turned = _is_isotropic(measured)
    light = round(0.4 * measured.contrast, 3)
    return {
        "CROP_WIDTH": width,
        "CROP_HEIGHT": height,
        "CROP_DEPTH": depth,
        "FLIP_RATE": 0.5,
        "BRIGHTNESS_RATE": 1.0,
        "BRIGHTNESS_RANGE": [-light, light],
        "NOISE_RATE": 0.35,
        "NOISE_GAMMA": round(0.35 * measured.contrast, 3),
        "CONTRAST_RATE": 1.0,
        "CONTRAST_RANGE": [0.6, 1.4],
        "AFFINE_RATE": 0.0 if turned else 0.6,
        "AFFINE_SCALE": [SMALLEST, LARGEST],
        "AFFINE_SHEAR": [-SHEAR, SHEAR],
        "ELASTIC_RATE": 0.0,
        "BAKE_SKELETON_ANISOTROPY": _rounded(measured.spacing),
    }


def choose_crop(measured: Measured, device: torch.device) -> Shape3:
    """Choose the extent of a crop along X, Y, Z, in voxels.

    It is as long along each axis, in micrometres, as far as the volumes go, but twice
    as wide as deep; multiples of the network's factor; as large as the memory allows
    and no larger than pays.
    """
    gpu = device.type == "cuda"
    memory = total_memory(device) * _MEMORY_SHARE / _BYTES_PER_VOXEL / (2 if gpu else 1)
    budget = min(memory, _CROP_VOXELS_GPU if gpu else _CROP_VOXELS)
    extent = np.max(measured.shapes, axis=0)
    extent = np.ceil(extent / FACTOR) * FACTOR
    least = np.array([4 * FACTOR, 4 * FACTOR, 2 * FACTOR])
    crop = np.maximum(np.minimum(least, extent), [FACTOR, FACTOR, 2 * FACTOR])
    shape = np.array([1.0, 1.0, 0.5]) / measured.spacing
    while True:  # lengthen the axis that is shortest for its share
        room = [
            axis
            for axis in range(3)
            if crop[axis] + FACTOR <= extent[axis]
            and np.prod(crop + FACTOR * np.eye(3)[axis]) <= budget
        ]
        if not room:
            break
        crop[min(room, key=lambda axis: crop[axis] / shape[axis])] += FACTOR
    x, y, z = (int(n) for n in crop)
    return x, y, z


def _extra(measured: Measured) -> dict[str, Any]:
    turned = _is_isotropic(measured)
    return {
        "PERMUTE_RATE": 1.0 if turned else 0.0,
        "ROTATION_RATE": 0.6 if turned else 0.0,
        "ROTATION_SCALE": [SMALLEST, LARGEST],
        "INVERT_RATE": 0.0,
        "GAMMA_RATE": 0.3,
        "SHADE_RATE": 0.4,
        "BLUR_RATE": 0.2,
    }


def _vector_scaling(measured: Measured) -> list[int]:
    """No way to a skeleton may be longer, however its crop is turned and enlarged.

    ::

        volume   S v: way to the nearest point, in units of `spacing`
        crop     M v: the same way, turned, sheared and enlarged; the nearest point may
                 be another one here, but none is farther than |S M v|

    as S M v = (S M S^-1) S v, it is at most as long as the longest way, times what M
    enlarges, times how unlike the axes are that M turns into each other.
    """
    spacing = np.array(measured.spacing)
    turned = np.full(3, _is_isotropic(measured)) | [True, True, False]
    unlike = spacing[turned].max() / spacing[turned].min()
    # a voxel of the crop shows the closest one of the volume: half a voxel beside it
    way = measured.longest_way + float(np.linalg.norm(spacing[turned])) / 2
    shear = 1.0 if turned[2] else 1 + math.tan(math.radians(SHEAR))
    ways = way * LARGEST * shear * unlike / spacing
    if not turned[2]:  # such an axis is not enlarged: no object is longer than it was
        ways[2] = min(ways[2], measured.deepest - 1)
    return [max(1, math.ceil((n + _NUDGE) / REACH)) for n in ways]


def _radius(measured: Measured) -> int:
    return max(1, round(min(5.0, measured.diameter / 4)))


def _inference(measured: Measured) -> dict[str, Any]:
    least = 0.02 * float(np.median(measured.volumes))
    smallest = 0.5 * float(np.quantile(measured.volumes, 0.1))
    share = (_radius(measured) / 5) ** 2 * measured.diameter / _PLAIN_DIAMETER
    return {
        "PROBABILITY_THRESHOLD": 0.5,
        "SKELETON_THRESHOLD": 0.5,
        "SKELETON_DILATIONS_3D": 0,
        "SKELETON_DILATIONS_2D": 0,
        "HOPS": 5,
        "FIRST_HIT": True,
        "GROW": max(1, round(measured.diameter / 2)),
        "MIN_SKELETON_VOXELS": max(1, round(50 * share / np.prod(measured.spacing))),
        "MIN_OBJECT_VOXELS": max(1, round(min(least, smallest))),
        "CONNECTIVITY": 26,
    }


def _rounded(values: tuple[float, float, float]) -> list[float]:
    return [round(value, 3) for value in values]


def _found(measured: Measured) -> tuple[str, ...]:
    size = measured.voxel_size
    edges = " x ".join(f"{edge:g}" for edge in size) if size else "unknown"
    shapes = ", ".join(" x ".join(map(str, (z, x, y))) for x, y, z in measured.shapes)
    x, y, z = measured.longest
    sizes = f"{measured.volumes.min()} to {measured.volumes.max()} voxels"
    return (
        f"volumes (Z, Y, X): {shapes}, voxel {edges}{' um' if size else ''}",
        f"{len(measured.volumes)} objects of {sizes}, {measured.diameter:.0f} across",
        f"longest way to a skeleton: {z:.0f}, {x:.0f}, {y:.0f} voxels along Z, Y, X",
    )


def _reasons(measured: Measured) -> dict[str, str]:
    unknown = measured.voxel_size is None
    size = "no volume says its voxel size" if unknown else "from the voxel size"
    turned = _is_isotropic(measured)
    return {
        "SKOOTS.VECTOR_SCALING": "no vector is longer, however a crop is enlarged",
        "SKOOTS.ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.BAKE_SKELETON_ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.CROP_WIDTH": "of X, Y, Z: what memory and the volumes allow",
        "AUGMENTATION.BRIGHTNESS_RANGE": "0.4 deviations of the intensities",
        "AUGMENTATION.NOISE_GAMMA": "0.35 deviations of the intensities",
        "AUGMENTATION.AFFINE_RATE": "crops are turned in any plane, see below"
        if turned
        else "crops are turned in the plane alone",
        "TRAIN.TRAIN_SAMPLE_PER_IMAGE": f"some {STEPS_PER_EPOCH} steps an epoch",
        "TRAIN.SKELETON_MASK_RADIUS": "a quarter of an object's diameter, at most 5",
        "TRAIN.INITIAL_SIGMA": "voxels along X, Y, Z, from the objects' diameter",
        "INFERENCE.MIN_OBJECT_VOXELS": "far smaller than most objects",
        "INFERENCE.GROW": "half an object's diameter",
    }
