"""What a network should answer for a crop: nearest skeleton points and their mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from skoots.lib.objects import ids_of
from skoots.lib.skeleton import bake_skeleton, skeleton_to_mask
from skoots.train.generate_skeletons import skeletonize_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from skoots.config.settings import Settings

_WIDTH = 1.5
"""Half the width of a cylinder, of the mean distance to its axis."""

_LEAST_RADIUS = 1.0
"""In units of the anisotropy: points lie between voxels, and a mask must hold some."""

SLICE_DEPTH = 8
"""A single slice is repeated so often, as a tile of one slice is padded."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of one crop."""

    baked: Tensor
    """(3, X, Y, Z), float32: nearest own skeleton point; 0 in the background."""

    skeleton: Tensor
    """(1, X, Y, Z), float32: 1 near a skeleton."""


def make_targets(
    labels: Tensor, skeletons: Mapping[int, Tensor], settings: Settings
) -> Targets:
    """Bake skeletons and paint their mask.

    Parameters
    ----------
    labels : Tensor, (X, Y, Z), integer
        Objects of the crop; 0 elsewhere.
    skeletons : mapping of int to Tensor, (N, 3), float32
        Of these objects, in voxels of the crop.
    settings : Settings
        BAKE_SKELETON_ANISOTROPY, SKELETON_MASK and the radii of the mask.

    Returns
    -------
    Targets

    Raises
    ------
    SkeletonError
        If an object has no skeleton.
    """
    train, spacing = settings.TRAIN, settings.AUGMENTATION.BAKE_SKELETON_ANISOTROPY
    baked, distance = bake_skeleton(
        labels, skeletons, spacing, device=labels.device, return_distance=True
    )
    if settings.TRAINER.SKELETON_MASK == "within":
        radius = _radii(labels, distance[0], settings)
        near = (distance <= radius) & (labels > 0)
        return Targets(baked, near.to(torch.float32))
    mask = skeleton_to_mask(
        skeletons,
        tuple(labels.shape),
        device=labels.device,
        radius=train.SKELETON_MASK_RADIUS,
        flank_radius=train.SKELETON_MASK_FLANK_RADIUS,
    )
    return Targets(baked, mask)


def _radii(labels: Tensor, distance: Tensor, settings: Settings) -> Tensor | int:
    """Give how far the mask reaches from the skeleton, of all objects or each voxel.

    A cylinder's voxels are two thirds of its half width from its axis on average, a
    ball's three quarters of it from its middle: the mean distance says how wide an
    object is. (Of one whose rim alone the crop shows, it says too much.)
    """
    most = settings.TRAIN.SKELETON_MASK_RADIUS
    share = settings.TRAINER.SKELETON_MASK_SHARE
    if share == 0:
        return most
    present = ids_of(labels)
    rows = torch.tensor([0, *present], device=labels.device)
    row = torch.searchsorted(rows, labels.clamp(min=0).to(rows.dtype)).flatten()
    counts = torch.bincount(row, minlength=len(rows)).clamp(min=1)
    mean = torch.bincount(row, distance.flatten(), len(rows)) / counts
    radii = (share * _WIDTH * mean).clamp(_LEAST_RADIUS, most)
    return radii.to(distance.dtype)[row].view(distance.shape)


def slice_skeletons(labels: Tensor) -> dict[int, Tensor]:
    """Make skeletons of a single slice: what lies above and below it is not its own."""
    found = skeletonize_labels(labels.cpu().numpy())
    return {i: torch.from_numpy(points) for i, points in found.items()}


def thicken(sample: dict[str, Tensor]) -> dict[str, Tensor]:
    """Repeat a sample of one slice along Z; each plane points at itself.

    Parameters
    ----------
    sample : dict of str to Tensor, (channels, X, Y, 1)
        With the key ``baked_skeleton``, and ``masks`` that tell where it counts.

    Returns
    -------
    dict of str to Tensor, (channels, X, Y, 8)
    """
    deep = {
        key: value.repeat_interleave(SLICE_DEPTH, dim=-1)
        for key, value in sample.items()
    }
    planes = torch.arange(SLICE_DEPTH, device=deep["masks"].device)
    deep["baked_skeleton"][2] = planes * (deep["masks"][0] > 0)
    return deep
