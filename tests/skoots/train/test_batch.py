"""Crops become a batch that knows what is known."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from skoots.errors import TrainingError
from skoots.train.batch import collate


def _crop(seed: int = 0, shape: tuple[int, int, int] = (4, 3, 2)) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand((1, *shape), generator=generator),
        "masks": torch.randint(0, 3, (1, *shape), generator=generator).int(),
        "skeletons": {1: torch.zeros(1, 3)},
        "baked_skeleton": torch.rand((3, *shape), generator=generator),
        "skele_masks": torch.ones((1, *shape)),
    }


def test_crops_lie_side_by_side() -> None:
    crops = [_crop(0), _crop(1)]
    batch = collate(crops)
    assert batch.image.shape == (2, 1, 4, 3, 2)
    assert batch.baked.shape == (2, 3, 4, 3, 2)
    for place, crop in enumerate(crops):
        assert (batch.image[place] == crop["image"]).all()
        assert (batch.masks[place] == crop["masks"]).all()
        assert (batch.baked[place] == crop["baked_skeleton"]).all()


def test_objects_and_background_are_known_and_nothing_else() -> None:
    crop = _crop()
    crop["masks"] = torch.tensor([5, 0, 0, 0]).view(1, 4, 1, 1).int()
    crop["background"] = torch.tensor([0, 1, 0, 0]).view(1, 4, 1, 1) > 0
    for key in ("image", "skele_masks"):
        crop[key] = torch.zeros(1, 4, 1, 1)
    crop["baked_skeleton"] = torch.zeros(3, 4, 1, 1)
    assert collate([crop]).weight.flatten().tolist() == [1, 1, 0, 0]


def test_without_background_all_is_known() -> None:
    assert (collate([_crop()]).weight == 1).all()


def test_a_batch_goes_where_it_is_told() -> None:
    batch = collate([_crop()]).to("cpu")
    assert {t.device.type for t in (batch.image, batch.baked, batch.weight)} == {"cpu"}
    assert batch.weight.dtype == batch.image.dtype == torch.float32


def test_no_crops_a_missing_target_and_two_sizes_are_refused() -> None:
    with pytest.raises(TrainingError, match="no crops"):
        collate([])
    with pytest.raises(TrainingError, match="no baked_skeleton"):
        collate([{**_crop(), "baked_skeleton": None}])
    with pytest.raises(TrainingError, match=r"\(1, 4, 3, 2\), \(1, 4, 4, 2\)"):
        collate([_crop(), _crop(shape=(4, 4, 2))])
