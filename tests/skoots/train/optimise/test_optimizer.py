"""Each optimizer of the settings is made, with its arguments."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from skoots.config import Settings
from skoots.errors import SettingsError
from skoots.train.optimise.optimizer import make_optimizer


def _make(name: str, **arguments: Any) -> torch.optim.Optimizer:
    train = {
        "OPTIMIZER": name,
        "OPTIMIZER_KEYWORD_ARGUMENTS": list(arguments),
        "OPTIMIZER_KEYWORD_VALUES": list(arguments.values()),
        "OPTIMIZER_EPS": 1e-6,
        "LEARNING_RATE": 0.01,
        "WEIGHT_DECAY": 0.1,
    }
    network = torch.nn.Linear(3, 2)
    return make_optimizer(network, Settings.from_dict({"TRAIN": train}))


@pytest.mark.parametrize(
    ("name", "kind", "arguments"),
    [
        ("adamw", torch.optim.AdamW, {"betas": (0.9, 0.98), "amsgrad": True}),
        ("adam", torch.optim.Adam, {"betas": (0.8, 0.98)}),
        ("adamax", torch.optim.Adamax, {"betas": (0.8, 0.98)}),
        ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_each_is_what_its_name_says(
    name: str, kind: type, arguments: dict[str, Any]
) -> None:
    optimizer = _make(name, **arguments)
    assert type(optimizer) is kind
    (group,) = optimizer.param_groups
    assert len(group["params"]) == 2
    for key, value in {"lr": 0.01, "weight_decay": 0.1, **arguments}.items():
        assert group[key] == value
    assert group.get("eps", 1e-6) == 1e-6


def test_an_unknown_name_and_an_unknown_argument_are_named() -> None:
    with pytest.raises(SettingsError, match="known are adamw, adam, adamax, sgd"):
        _make("rmsprop")
    with pytest.raises(SettingsError, match=r"'momentum'.*takes betas"):
        _make("adamw", momentum=0.9)


def test_what_torch_refuses_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="refuses its arguments"):
        _make("sgd", nesterov=True)
