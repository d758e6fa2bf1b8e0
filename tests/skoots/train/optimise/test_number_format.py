"""A training calculates in what turned out faster."""

from __future__ import annotations

import pytest
import torch

from skoots.config import Settings
from skoots.model.unet import UNet
from skoots.train.optimise import number_format
from skoots.train.optimise.number_format import choose_training_format, time_step

IMAGE = torch.zeros(1, 1, 8, 8, 8)


@pytest.fixture
def network() -> UNet:
    return UNet(dims=(2, 4), depths=(1,))


def _choose(network: UNet, *, mixed: bool = True) -> str:
    settings = Settings.from_dict({"TRAIN": {"MIXED_PRECISION": mixed}})
    return choose_training_format(network, settings, IMAGE)


def _pretend(monkeypatch: pytest.MonkeyPatch, able: str, **seconds: float) -> None:
    monkeypatch.setattr(number_format, "choose_number_format", lambda device: able)
    monkeypatch.setattr(
        number_format, "time_step", lambda network, image, name, repeats: seconds[name]
    )


@pytest.mark.parametrize(
    ("plain", "half", "chosen"),
    [(2.0, 1.0, "bfloat16"), (1.0, 2.0, "float32")],
    ids=["dense convolutions", "depthwise convolutions"],
)
def test_the_faster_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
    network: UNet,
    plain: float,
    half: float,
    chosen: str,
) -> None:
    _pretend(monkeypatch, "bfloat16", float32=plain, bfloat16=half)
    assert _choose(network) == chosen


def test_without_hardware_or_without_leave_it_is_float32(
    monkeypatch: pytest.MonkeyPatch, network: UNet
) -> None:
    _pretend(monkeypatch, "float32", float32=2.0, bfloat16=1.0)
    assert _choose(network) == "float32"
    _pretend(monkeypatch, "bfloat16", float32=2.0, bfloat16=1.0)
    assert _choose(network, mixed=False) == "float32"


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_trying_leaves_the_network_and_chance_alone(
    network: UNet, name: number_format.NumberFormat
) -> None:
    before = {key: value.clone() for key, value in network.state_dict().items()}
    chance = torch.get_rng_state()
    assert time_step(network, IMAGE, name) > 0
    after = network.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert all(p.grad is None for p in network.parameters())
    assert torch.equal(torch.get_rng_state(), chance)


@pytest.mark.parametrize(
    ("given", "timed", "repeats", "seconds"),
    [
        ((2, 1, 96, 80, 64), (1, 1, 48, 48, 32), 1, 60.0),
        ((2, 3, 16, 96, 8), (1, 3, 16, 48, 8), 1, 60.0),
        ((2, 1, 96, 80, 64), (2, 1, 96, 80, 64), 2, 0.0),
    ],
    ids=["large", "thin", "nobody waits"],
)
def test_where_somebody_waits_a_part_of_a_batch_is_tried_once(
    monkeypatch: pytest.MonkeyPatch,
    network: UNet,
    given: tuple[int, ...],
    timed: tuple[int, ...],
    repeats: int,
    seconds: float,
) -> None:
    _pretend(monkeypatch, "bfloat16", float32=2.0, bfloat16=1.0)
    steps = []

    def step(_network: UNet, image: torch.Tensor, name: str, times: int) -> float:
        steps.append((name, tuple(image.shape), times))
        return float(len(steps))

    monkeypatch.setattr(number_format, "time_step", step)
    values = {"TRAIN": {"MIXED_PRECISION": True}, "TRAINER": {"SECONDS": seconds}}
    settings = Settings.from_dict(values)
    assert choose_training_format(network, settings, torch.zeros(given)) == "float32"
    assert steps == [("float32", timed, repeats), ("bfloat16", timed, repeats)]
