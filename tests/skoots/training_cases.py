"""A tiny annotated volume and settings that learn it in a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from skoots.config import Settings

if TYPE_CHECKING:
    from pathlib import Path


def write_rods(folder: Path, name: str = "rods", seed: int = 0) -> Path:
    """Write three bright rods in a dark noisy volume, along Z, Y and X.

    ::

        z = 10   . . . . . . . .      7 ends here, 300 lies along Y, 9 along X
                 . 7 . . . . . .
                 . . . 300 300 300
                 . . . . . . . .
    """
    labels = np.zeros((24, 64, 64), np.uint16)
    labels[4:20, 8:16, 8:16] = 7
    labels[8:14, 20:60, 40:48] = 300
    labels[14:20, 44:52, 4:36] = 9
    noise = np.random.default_rng(seed).normal(0, 8, labels.shape)
    image = np.clip(60 + 120 * (labels > 0) + noise, 0, 255).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(folder / f"{name}.labels.tif", labels)
    tifffile.imwrite(
        folder / f"{name}.tif",
        image,
        imagej=True,
        resolution=(100.0, 100.0),
        metadata={"axes": "ZYX", "spacing": 0.01, "unit": "um"},
    )
    return folder


def tiny_values(folder: Path, **train: Any) -> dict[str, dict[str, Any]]:
    """Values of settings that train a small network on a folder."""
    return {
        "MODEL": {"ARCHITECTURE": "unet", "DIMS": [8, 16], "DEPTHS": [1]},
        "TRAIN": {
            "TRAIN_DATA_DIR": [str(folder)],
            "TRAIN_SAMPLE_PER_IMAGE": [4],
            "TRAIN_STORE_DATA_ON_GPU": [False],
            "NUM_EPOCHS": 3,
            "N_WARMUP": 2,
            "LEARNING_RATE": 3e-3,
            "SCHEDULER": "cosine",
            "LOSS_SKELETON_START_EPOCH": -1,
            "INITIAL_SIGMA": [8.0, 8.0, 8.0],
            "SIGMA_DECAY": [],
            **train,
        },
        "TRAINER": {"SKELETON_MASK": "within", "THREADS": 1},
        "AUGMENTATION": {
            "CROP_WIDTH": 32,
            "CROP_HEIGHT": 32,
            "CROP_DEPTH": 16,
            "BAKE_SKELETON_ANISOTROPY": [1.0, 1.0, 1.0],
        },
        "SKOOTS": {"VECTOR_SCALING": [24, 24, 24]},
        "INFERENCE": {
            "SKELETON_THRESHOLD": 0.5,
            "SKELETON_DILATIONS_3D": 0,
            "SKELETON_DILATIONS_2D": 0,
            "HALO": [4, 8, 8],
            "MIN_OBJECT_VOXELS": 20,
        },
    }


def tiny_settings(folder: Path, **train: Any) -> Settings:
    """Settings that train a small network on a folder."""
    return Settings.from_dict(tiny_values(folder, **train))
