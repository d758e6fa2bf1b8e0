"""Draw where a crop comes from: how large it is, through which map, and its place.

The map is drawn first: where it is known how a crop is turned and scaled, its place can
be chosen such that it stays in the volume, where that is large enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.train.transforms.random_map import draw_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3
    from skoots.config.settings import Settings
    from skoots.kernels.sample_crop import CropMap

_REACH = 0.25
"""Share of a crop that may lie beyond a face of a volume that is larger than the crop:
the network meets reflected faces when it segments, yet nothing is learnt there."""


_MOSTLY = 0.5
"""Share of a crop that should lie in the volume; what does not teaches nothing."""

_MAPS = 5
"""Maps that are drawn until the crop lies mostly in the volume."""

_PLACES = 10
"""Places that are drawn until one of a sparsely labelled volume is known."""

_PROBES = 7
"""Voxels along each axis of a crop by which its share in the volume is estimated."""


def draw_crop(
    rng: np.random.Generator,
    settings: Settings,
    volume: Mapping[str, Any],
    pad_size: int,
    shapes: np.random.Generator | None = None,
) -> CropMap:
    """Draw where a crop comes from.

    Parameters
    ----------
    rng : Generator
        Moves on by each draw.
    settings : Settings
        Sections AUGMENTATION, AUGMENTATION_EXTRA and TRAINER.
    volume : mapping
        With ``image`` (C, X, Y, Z), and perhaps ``skeletons``, ``masks`` and
        ``background``.
    pad_size : int
        Voxels by which the crop may reach over the border.
    shapes : Generator, optional
        Random numbers for the extent alone; by default `rng`.

    Returns
    -------
    CropMap
        Of a few maps the first of which at least half lies in the volume, or that of
        which most does: a volume that is hardly larger than a crop is not shrunk.
    """
    _, x, y, z = volume["image"].shape
    extent = (int(x), int(y), int(z))
    shape = draw_shape(rng if shapes is None else shapes, settings)
    most, best = -1.0, None
    for _ in range(_MAPS):
        crop = draw_map(rng, settings, shape)
        for _ in range(_PLACES):
            centre = draw_centre(rng, settings, volume.get("skeletons") or {}, extent)
            if _is_known(volume, centre):
                break
        crop = place(crop, centre, extent, pad_size)
        share = known_share(crop, extent)
        if best is None or share > most:
            most, best = share, crop
        if share >= _MOSTLY:
            break
    return best or crop


def known_share(crop: CropMap, extent: Shape3) -> float:
    """Estimate the share of the crop that lies in a volume of this extent."""
    steps = [np.linspace(0, n - 1, _PROBES) for n in crop.shape]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    places = crop.to_volume(grid)
    inside = (places >= -0.5) & (places <= np.array(extent) - 0.5)
    return float(inside.all(axis=1).mean())


def draw_shape(rng: np.random.Generator, settings: Settings) -> Shape3:
    """Draw the extent of a crop along X, Y, Z."""
    usual = settings.AUGMENTATION
    chance = rng.random()
    for x, y, z, rate in settings.AUGMENTATION_EXTRA.CROPS:
        if chance < rate:
            return x, y, z
        chance -= rate
    return usual.CROP_WIDTH, usual.CROP_HEIGHT, usual.CROP_DEPTH


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


def _is_known(volume: Mapping[str, Any], centre: NDArray[np.float64]) -> bool:
    """Tell whether the voxel at a place is an object or sure to be background."""
    background = volume.get("background")
    if background is None:
        return True
    last = np.array(background.shape[1:]) - 1
    voxel = np.clip(np.rint(centre), 0, last).astype(int)
    here = (slice(None), *(slice(int(v), int(v) + 1) for v in voxel))
    return bool(background[here].any()) or bool((volume["masks"][here] > 0).any())
