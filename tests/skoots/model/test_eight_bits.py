"""Weights in eight bits come back as nearly what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from inference_cases import random_unet, settings_with

from skoots.errors import CheckpointError
from skoots.model.checkpoint import Normalization, load_checkpoint, save_checkpoint
from skoots.model.eight_bits import SCALE, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.model.contents import State


@given(
    seed=st.integers(0, 999),
    size=st.sampled_from([1e-12, 1e-3, 1.0, 1e4]),
    shape=st.sampled_from([(1, 1), (3, 2, 1, 1, 1), (4, 2, 3, 3, 3)]),
)
def test_a_weight_is_off_by_half_a_step_of_its_channel_at_most(
    seed: int, size: float, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(seed)
    weight = torch.randn(shape) * size
    weight[0] = 0  # a channel that is dead
    back = unpack(pack({"w": weight}))["w"]
    most = weight.flatten(1).abs().amax(dim=1)
    off = (back - weight).flatten(1).abs().amax(dim=1)
    assert (off <= most / 254 * 1.001).all()
    assert (back[0] == 0).all()


def test_what_has_one_axis_or_counts_is_left_alone() -> None:
    state = {
        "bias": torch.tensor([0.1, 1e-9]),
        "batches": torch.tensor(7),
        "ids": torch.tensor([[1, 2]]),
    }
    packed = pack(state)
    assert packed.keys() == state.keys()
    assert all(torch.equal(packed[name], state[name]) for name in state)


def test_a_model_of_eight_bits_is_smaller_and_answers_alike(
    tmp_path: Path,
) -> None:
    network = random_unet()
    config = settings_with().merge(
        {"MODEL": {"DIMS": [4, 8, 8, 8], "DEPTHS": [1, 1, 1, 1, 1]}}
    )
    normal = Normalization("volume")
    for name, eight in (("wide", False), ("narrow", True)):
        save_checkpoint(
            tmp_path / f"{name}.skoots",
            network,
            config,
            normalization=normal,
            eight_bits=eight,
        )
    wide, narrow = (
        load_checkpoint(tmp_path / f"{n}.skoots") for n in ("wide", "narrow")
    )
    torch.manual_seed(1)
    image = torch.randn(1, 1, 16, 16, 16)
    with torch.no_grad():
        one, other = wide.network(image), narrow.network(image)
    assert not torch.equal(one, other)
    assert float((one - other).abs().mean()) < 0.01
    sizes = [(tmp_path / f"{n}.skoots").stat().st_size for n in ("wide", "narrow")]
    weights = sum(p.numel() for p in network.parameters() if p.ndim > 1)
    assert sizes[0] - sizes[1] > 0.6 * weights  # a byte of two, less the scales


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"w": torch.ones((2, 2), dtype=torch.int8)}, "has no scales"),
        (
            {"w": torch.ones((2, 2), dtype=torch.int8), "w" + SCALE: torch.ones(3)},
            "do not belong together",
        ),
        (
            {"w": torch.ones(2, dtype=torch.int8), "w" + SCALE: torch.ones(2)},
            "do not belong together",
        ),
        ({"w": torch.ones((2, 2)), "w" + SCALE: torch.ones(2)}, "belong together"),
        ({"w" + SCALE: torch.ones(2)}, "have no weight"),
        (
            {
                "w": torch.full((2, 2), 127, dtype=torch.int8),
                "w" + SCALE: torch.full((2,), 3e38),
            },
            "too large",
        ),
    ],
    ids=["no scales", "other scales", "one axis", "floats", "no weight", "huge"],
)
def test_damaged_files_are_refused(state: State, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        unpack(state)
