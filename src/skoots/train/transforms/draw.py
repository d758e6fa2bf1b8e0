"""Draw where a crop comes from: one random map for all changes of place.

Size, flips, order of the axes, turn, shear, scale and bend make up one `CropMap`. Its
matrix is known before its place, so the place can be chosen such that the crop, turned
as it is, stays in the volume where the volume is large enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from skoots.kernels.sample_crop import Bend, CropMap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.config.augmentation import AugmentationConfig
    from skoots.config.augmentation_extra import AugmentationExtraConfig
    from skoots.config.settings import Settings

_REACH = 0.25
"""Share of a crop that may lie beyond a face of a volume that is larger than the crop:
the network meets reflected faces when it segments, yet nothing is learnt there."""


def draw_shape(rng: np.random.Generator, settings: Settings) -> Shape3:
    """Draw the extent of a crop along X, Y, Z."""
    usual = settings.AUGMENTATION
    chance = rng.random()
    for x, y, z, rate in settings.AUGMENTATION_EXTRA.CROPS:
        if chance < rate:
            return x, y, z
        chance -= rate
    return usual.CROP_WIDTH, usual.CROP_HEIGHT, usual.CROP_DEPTH


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


def draw_centre(
    rng: np.random.Generator,
    settings: Settings,
    skeletons: Mapping[int, Tensor],
    extent: Shape3,
) -> NDArray[np.float64]:
    """Draw the place of the volume that a crop should show in its middle.

    Parameters
    ----------
    rng : Generator
        Moves on by each draw.
    settings : Settings
        OBJECT_RATE and CENTRE_JITTER of the section TRAINER.
    skeletons : mapping of int to Tensor, (N, 3)
        Objects to choose from; without any the place lies anywhere.
    extent : tuple of 3 ints
        Of the volume along X, Y, Z.

    Returns
    -------
    ndarray, (3,), float64
    """
    objects = [i for i in skeletons if i > 0]
    if not objects or rng.random() >= settings.TRAINER.OBJECT_RATE:
        return rng.uniform(-0.5, np.array(extent) - 0.5)
    points = skeletons[objects[rng.integers(len(objects))]]
    if not len(points):
        return rng.uniform(-0.5, np.array(extent) - 0.5)
    point = points[int(rng.integers(len(points)))].cpu().numpy().astype(np.float64)
    jitter = settings.TRAINER.CENTRE_JITTER
    moved: NDArray[np.float64] = point + rng.uniform(-jitter, jitter, 3)
    return moved


def place(
    crop: CropMap, centre: NDArray[np.float64], extent: Shape3, pad_size: int
) -> CropMap:
    """Put the middle of a crop at a place, or as near as the volume allows.

    Parameters
    ----------
    crop : CropMap
        Turned and bent as it shall be.
    centre : ndarray, (3,), float64
        Wanted place of the middle.
    extent : tuple of 3 ints
        Of the volume along X, Y, Z.
    pad_size : int
        Voxels by which the crop may reach over a face of the volume; a quarter of its
        own extent at most, and no more than the volume is longer than the crop. Where
        the crop is longer, it reaches over both faces alike.

    Returns
    -------
    CropMap
        Where an axis of the volume is only flipped or exchanged, voxels of the crop
        come to lie on voxels of the volume, but for a bend.
    """
    low, high = replace(crop, start=np.zeros(3)).bounds()
    spare = np.array(extent) - 1 - (high - low)
    reach = np.minimum(np.minimum(pad_size, _REACH * (high - low + 1)), spare)
    allowed = np.maximum(np.floor(reach), 0)
    least, most = -allowed - low, spare + allowed - low  # of the start
    straight = _straight_axes(crop)
    least[straight], most[straight] = np.ceil(least[straight]), np.floor(most[straight])
    wanted = centre - (low + high) / 2
    start = np.where(least <= most, np.clip(wanted, least, most), spare / 2 - low)
    start[straight] = np.rint(start[straight])
    return replace(crop, start=start)


def _straight_axes(crop: CropMap) -> NDArray[np.bool_]:
    """Tell which axes of the volume are axes of the crop, voxel by voxel. (3,)."""
    size = np.abs(crop.matrix)
    straight: NDArray[np.bool_] = (size.max(axis=1) == 1) & (size.sum(axis=1) == 1)
    return straight


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
