"""Losses on fixed crops, without learning from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from skoots.config import Settings
from skoots.errors import TrainingError
from skoots.model.unet import UNet
from skoots.train.batch import collate
from skoots.train.objective import Objective
from skoots.train.validation import validate_losses

OBJECTIVE = Objective.from_settings(Settings())


def _crop(seed: int) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(0, 3, (1, 8, 8, 8), generator=generator)
    return {
        "image": torch.randn((1, 8, 8, 8), generator=generator),
        "masks": masks.int(),
        "baked_skeleton": 8 * torch.rand((3, 8, 8, 8), generator=generator),
        "skele_masks": (masks == 1).float(),
        "background": masks == 0,
    }


@pytest.fixture
def network() -> UNet:
    torch.manual_seed(0)
    return UNet(dims=(4, 8), depths=(1,))


def test_losses_are_means_over_crops_in_evaluation_mode(network: UNet) -> None:
    crops = [_crop(0), _crop(1)]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = validate_losses(network, OBJECTIVE, crops, 11, "cpu")
    assert network.training
    after = network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    network.eval()
    with torch.no_grad():
        single = [
            OBJECTIVE(network.raw(crop["image"][None]), collate([crop]), 11)
            for crop in crops
        ]
    for name in ("total", "embedding", "probability", "skeleton"):
        expected = np.mean([getattr(one, name).item() for one in single])
        assert getattr(found, name) == pytest.approx(expected, abs=1e-6)


def test_the_same_crops_give_the_same_numbers(network: UNet) -> None:
    first, second = (
        validate_losses(network.eval(), OBJECTIVE, [_crop(0)], 0, "cpu")
        for _ in range(2)
    )
    assert first == second
    assert not network.training


def test_bfloat16_is_near(network: UNet) -> None:
    plain = validate_losses(network, OBJECTIVE, [_crop(0)], 11, "cpu")
    half = validate_losses(network, OBJECTIVE, [_crop(0)], 11, "cpu", "bfloat16")
    assert half.total == pytest.approx(plain.total, abs=0.05)
    assert half != plain


def test_no_crops_are_an_error_and_the_network_is_as_it_was(network: UNet) -> None:
    with pytest.raises(TrainingError, match="VALIDATION_SAMPLE_PER_IMAGE"):
        validate_losses(network, OBJECTIVE, [], 0, "cpu")
    assert network.training
