"""Values of settings to begin with, from what the volumes are like (``--init``).

Those that do not depend on the data made a network learn real mitochondria in half an
hour on one core.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.train.first.crop import FACTOR, choose_crops
from skoots.train.objective import REACH

if TYPE_CHECKING:
    import torch

    from skoots._types import Shape3
    from skoots.train.first.measure import Measured

EPOCHS, STEPS_PER_EPOCH = 40, 100

SMALLEST, LARGEST, SHEAR = 0.7, 1.4, 7.0
"""Magnifications of a crop, and degrees by which it is sheared."""

_NUDGE = 1.0
"""Voxels by which a point of a skeleton is moved at most to stay in its object."""

_PLAIN_DIAMETER, _PLAIN_RADIUS = 32.0, 5
"""Voxels across the objects that choices were made on, and of a skeleton's radius."""


def settle(measured: Measured, device: torch.device) -> dict[str, dict[str, Any]]:
    """Choose all settings but where the data lies, by section and key.

    Parameters
    ----------
    measured : Measured
        What the volumes are like.
    device : torch.device
        Where the training will run.
    """
    crop, crops = choose_crops(measured, device)
    return {
        "MODEL": _model(measured, device),
        "TRAIN": {**_losses(measured), **_schedule(crops)},
        "TRAINER": _trainer(measured),
        "AUGMENTATION": _augmentation(measured, crop),
        "AUGMENTATION_EXTRA": _extra(measured),
        "SKOOTS": {
            "VECTOR_SCALING": _vector_scaling(measured),
            "ANISOTROPY": _rounded(measured.spacing),
        },
        "INFERENCE": _inference(measured),
    }


def is_isotropic(measured: Measured) -> bool:
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


def _skeleton_smooth(measured: Measured) -> float:
    """A tenth of what the mask fills: more, and an empty answer costs next to nothing.

    With half a per cent a network never found the thin skeletons of `chloroplast_em`,
    which fill less than one. (One crop a step and plain batch normalisation, which hid
    skeletons as well; not tried anew since.)
    """
    share = measured.skeleton_share(_radius(measured))
    return float(f"{min(0.005, max(share / 10, 0.0001)):.1g}")


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
        "LOSS_SKELETON_VALUES": [0.5, 1.5, _skeleton_smooth(measured), 0.3],
        "LOSS_SKELETON_START_EPOCH": -1,
        "INITIAL_SIGMA": sigma,
        "SIGMA_DECAY": [[factor, round(at * EPOCHS)] for factor, at in steps],
        "SKELETON_MASK_RADIUS": _radius(measured),
    }


def _schedule(crops: int) -> dict[str, Any]:
    return {
        "NUM_EPOCHS": EPOCHS,
        "TRAIN_BATCH_SIZE": crops,
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


def _augmentation(measured: Measured, crop: Shape3) -> dict[str, Any]:
    width, height, depth = crop
    turned = is_isotropic(measured)
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


def _extra(measured: Measured) -> dict[str, Any]:
    turned = is_isotropic(measured)
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
    turned = np.full(3, is_isotropic(measured)) | [True, True, False]
    unlike = spacing[turned].max() / spacing[turned].min()
    # a voxel of the crop shows the closest one of the volume: half a voxel beside it
    way = measured.longest_way + float(np.linalg.norm(spacing[turned])) / 2
    shear = 1.0 if turned[2] else 1 + math.tan(math.radians(SHEAR))
    ways = way * LARGEST * shear * unlike / spacing
    if not turned[2]:  # such an axis is not enlarged: no object is longer than it was
        ways[2] = min(ways[2], measured.deepest - 1)
    return [max(1, math.ceil((n + _NUDGE) / REACH)) for n in ways]


def _radius(measured: Measured) -> int:
    """Give a radius that grows with the objects: thin skeletons are not learnt."""
    across = measured.diameter
    radius = round(across * _PLAIN_RADIUS / _PLAIN_DIAMETER)
    return max(1, min(radius, int(across / 4)))


def _inference(measured: Measured) -> dict[str, Any]:
    least = 0.02 * float(np.median(measured.volumes))
    smallest = 0.5 * float(np.quantile(measured.volumes, 0.1))
    share = (
        (_radius(measured) / _PLAIN_RADIUS) ** 2 * measured.diameter / _PLAIN_DIAMETER
    )
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
