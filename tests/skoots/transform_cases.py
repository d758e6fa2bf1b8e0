"""Volumes and settings for the tests of transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from skoots.config import Settings, get_cfg_defaults

STILL = {
    "FLIP_RATE": 0.0,
    "BRIGHTNESS_RATE": 0.0,
    "NOISE_RATE": 0.0,
    "CONTRAST_RATE": 0.0,
    "AFFINE_RATE": 0.0,
    "ELASTIC_RATE": 0.0,
}
"""Nothing is changed."""


def settings_for(
    crop: tuple[int, int, int] = (40, 36, 16),
    extra: dict[str, Any] | None = None,
    trainer: dict[str, Any] | None = None,
    **usual: Any,
) -> Settings:
    """Settings that change nothing but what is named."""
    x, y, z = crop
    size = {"CROP_WIDTH": x, "CROP_HEIGHT": y, "CROP_DEPTH": z}
    return get_cfg_defaults().merge(
        {
            "AUGMENTATION": {**STILL, **size, **usual},
            "AUGMENTATION_EXTRA": extra or {},
            "TRAINER": trainer or {},
            "TRAIN": {"SKELETON_MASK_RADIUS": 3, "SKELETON_MASK_FLANK_RADIUS": 1},
        }
    )


def make_balls(
    extent: tuple[int, int, int] = (80, 70, 40), count: int = 30, radius: float = 6
) -> dict[str, Any]:
    """Balls that touch but do not overlap; the skeleton of each is a thin rod in it.

    One row of the grid of middles, seen from above, the rods along X::

        .---. .---.
        |---| |---|  ...
        '---' '---'
    """
    rng = np.random.default_rng(0)
    step = 2 * radius + 0.4
    places = [
        np.array(p) * step + radius + rng.uniform(0, 0.4, 3)
        for p in np.ndindex(*(int((n - 1) / step) for n in extent))
    ]
    chosen = [places[i] for i in rng.permutation(len(places))[:count]]
    voxels = np.stack(np.indices(extent))
    labels = np.zeros(extent, np.int32)
    skeletons = {}
    for name, middle in enumerate(chosen, start=1):
        gap = np.square(voxels - middle[:, None, None, None]).sum(axis=0)
        labels[(gap <= radius**2) & (labels == 0)] = name * 7
        rod = np.tile(np.rint(middle), (7, 1)) + np.outer(np.arange(-3, 4), (1, 0, 0))
        skeletons[name * 7] = torch.from_numpy(rod.astype(np.float32))
    image = rng.integers(0, 80, extent) + 120 * (labels > 0)
    return {
        "image": torch.from_numpy(image.astype(np.uint8))[None],
        "masks": torch.from_numpy(labels)[None],
        "skeletons": skeletons,
        "baked_skeleton": None,
        "skele_masks": None,
    }


def labels_at(labels: torch.Tensor, points: torch.Tensor) -> list[int]:
    """Labels (X, Y, Z) at the points that lie in the crop."""
    voxels = points.round().long()
    inside = ((voxels >= 0) & (voxels < torch.tensor(labels.shape))).all(dim=1)
    x, y, z = voxels[inside].T
    return labels[x, y, z].tolist()
