"""Crops side by side, as the network and the losses want them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import torch

from skoots.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops of one size and their targets."""

    image: Tensor
    """(B, C, X, Y, Z), float32, normalised."""

    masks: Tensor
    """(B, 1, X, Y, Z), integer: object ids, 0 elsewhere."""

    baked: Tensor
    """(B, 3, X, Y, Z), float32: nearest point of the own skeleton, in voxels."""

    skeleton: Tensor
    """(B, 1, X, Y, Z), float32: 1 on skeletons."""

    weight: Tensor
    """(B, 1, X, Y, Z), float32: 0 where nothing is known, 1 elsewhere."""

    def to(self, device: str | torch.device) -> Self:
        """Give the same batch on a device."""
        moved = (
            getattr(self, field.name).to(device, non_blocking=True)
            for field in fields(self)
        )
        return type(self)(*moved)


def collate(samples: Sequence[Mapping[str, Any]]) -> Batch:
    """Put crops side by side.

    Parameters
    ----------
    samples : sequence of mappings
        Crops as `skoots.train.merged_transform.TransformFromCfg` gives them: ``image``
        (C, X, Y, Z), ``masks``, ``skele_masks`` and ``background`` (1, X, Y, Z),
        ``baked_skeleton`` (3, X, Y, Z). Without ``background`` all is known.

    Returns
    -------
    Batch
        A voxel counts if it is object or background.

    Raises
    ------
    TrainingError
        If there is no crop, a crop lacks a target or the crops differ in shape.
    """
    _check(samples)
    masks = torch.stack([sample["masks"] for sample in samples])
    return Batch(
        image=torch.stack([sample["image"] for sample in samples]).float(),
        masks=masks,
        baked=torch.stack([sample["baked_skeleton"] for sample in samples]).float(),
        skeleton=torch.stack([sample["skele_masks"] for sample in samples]).float(),
        weight=torch.stack([_known(sample) for sample in samples]).float(),
    )


def _known(sample: Mapping[str, Any]) -> Tensor:
    masks: Tensor = sample["masks"]
    background = sample.get("background")
    return torch.ones_like(masks) if background is None else (masks > 0) | background


def _check(samples: Sequence[Mapping[str, Any]]) -> None:
    if not samples:
        raise TrainingError("A batch of no crops teaches nothing. Give at least one.")
    for sample in samples:
        for key in ("baked_skeleton", "skele_masks"):
            if sample.get(key) is None:
                raise TrainingError(
                    f"A crop has no {key}. Give the dataset a TransformFromCfg, "
                    "which makes the targets."
                )
    shapes = sorted({tuple(sample["image"].shape) for sample in samples})
    if len(shapes) > 1:
        raise TrainingError(
            f"Crops of the shapes {', '.join(map(str, shapes))} make no batch. "
            "Give all the same size and the same channels."
        )
