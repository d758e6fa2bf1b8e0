"""Draw one random map for all changes of place.

Flips, order of the axes, turn, shear, scale and bend make up one `CropMap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.sample_crop import Bend, CropMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config.augmentation import AugmentationConfig
    from skoots.config.augmentation_extra import AugmentationExtraConfig
    from skoots.config.settings import Settings


def draw_map(rng: np.random.Generator, settings: Settings, shape: Shape3) -> CropMap:
    """Draw how a crop is flipped, turned, sheared, scaled and bent; not yet where.

    Parameters
    ----------
    rng : Generator
        Moves on by each draw.
    settings : Settings
        Sections AUGMENTATION and AUGMENTATION_EXTRA.
    shape : tuple of 3 ints
        Extent of the crop.

    Returns
    -------
    CropMap
        Its start is 0.
    """
    usual, extra = settings.AUGMENTATION, settings.AUGMENTATION_EXTRA
    matrix = np.diag(np.where(rng.random(3) < usual.FLIP_RATE, -1.0, 1.0))
    if rng.random() < extra.PERMUTE_RATE:
        matrix = np.eye(3)[rng.permutation(3)] @ matrix
    if rng.random() < usual.AFFINE_RATE:
        matrix = _draw_affine(rng, usual) @ matrix
    if rng.random() < extra.ROTATION_RATE:
        matrix = _draw_rotation(rng, extra) @ matrix
    bend = None
    if rng.random() < usual.ELASTIC_RATE:
        bend = _draw_bend(rng, usual, shape)
    return CropMap(matrix, np.zeros(3), shape, bend)


def _draw_affine(
    rng: np.random.Generator, limits: AugmentationConfig
) -> NDArray[np.float64]:
    """Turn, shear and magnify in the X-Y plane. (3, 3), from crop to volume."""
    turn = np.deg2rad(rng.uniform(*limits.AFFINE_YAW))
    shear = np.tan(np.deg2rad(rng.uniform(*limits.AFFINE_SHEAR)))
    scale = rng.uniform(*limits.AFFINE_SCALE)
    cos, sin = np.cos(turn), np.sin(turn)
    seen = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear], [0, 1]]) * scale
    matrix = np.eye(3)
    matrix[:2, :2] = np.linalg.inv(seen)
    return matrix


def _draw_rotation(
    rng: np.random.Generator, limits: AugmentationExtraConfig
) -> NDArray[np.float64]:
    """Turn about any axis and magnify alike. (3, 3), from crop to volume."""
    axis = rng.standard_normal(3)
    x, y, z = axis / np.linalg.norm(axis)
    turn = np.deg2rad(rng.uniform(*limits.ROTATION_RANGE))
    scale = np.exp(rng.uniform(*np.log(limits.ROTATION_SCALE)))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * cross @ cross
    matrix: NDArray[np.float64] = rotation / scale
    return matrix


def _draw_bend(
    rng: np.random.Generator, limits: AugmentationConfig, shape: Shape3
) -> Bend:
    """Draw shifts of control points, none along an axis of one voxel."""
    size = np.array(shape)
    most = np.where(size > 1, limits.ELASTIC_GRID_MAGNITUDE * size, 0)
    points = rng.uniform(-1, 1, (3, *limits.ELASTIC_GRID_SHAPE))
    return Bend(points * most[:, None, None, None], shape).bounded()
