"""Each optimizer of the settings is made, with its arguments."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from inference_cases import run_python

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


KINDS = [
    ("adamw", torch.optim.AdamW, {"betas": (0.9, 0.98), "amsgrad": True}),
    ("adam", torch.optim.Adam, {"betas": (0.8, 0.98)}),
    ("adamax", torch.optim.Adamax, {"betas": (0.8, 0.98)}),
    ("sgd", torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
]


@pytest.mark.parametrize(("name", "kind", "arguments"), KINDS)
def test_each_is_what_its_name_says(
    name: str, kind: type, arguments: dict[str, Any]
) -> None:
    optimizer = _make(name, **arguments)
    assert isinstance(optimizer, kind)
    assert type(optimizer).__name__ == kind.__name__
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


def _steps(optimizer: torch.optim.Optimizer, count: int) -> list[torch.Tensor]:
    """Take some steps against a gradient that depends on the weights."""
    (group,) = optimizer.param_groups
    for _ in range(count):
        optimizer.zero_grad()
        total = torch.stack([(each**3).sum() for each in group["params"]]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return [each.detach().clone() for each in group["params"]]


@pytest.mark.parametrize(("name", "kind", "arguments"), KINDS)
def test_it_steps_as_that_of_torch_also_from_a_state_of_it(
    name: str, kind: Any, arguments: dict[str, Any]
) -> None:
    ours = _make(name, **arguments)
    (group,) = ours.param_groups
    begun = [torch.nn.Parameter(each.detach().clone()) for each in group["params"]]
    usual = {} if name == "sgd" else {"eps": 1e-6}
    torchs = kind(begun, lr=0.01, weight_decay=0.1, **usual, **arguments)
    for a, b in zip(_steps(ours, 3), _steps(torchs, 3), strict=True):
        assert torch.equal(a, b)
    ours.load_state_dict(deepcopy(torchs.state_dict()))
    for a, b in zip(_steps(ours, 2), _steps(torchs, 2), strict=True):
        assert torch.equal(a, b)


def test_none_imports_the_compiler_of_torch() -> None:
    """It takes seconds, and brings Triton to where Mesa may have drawn."""
    done = run_python(
        "-c",
        "import sys, torch\n"
        "from skoots.config import Settings\n"
        "from skoots.train.optimise.optimizer import make_optimizer\n"
        "network = torch.nn.Linear(3, 2)\n"
        "for name in ('adamw', 'adam', 'adamax', 'sgd'):\n"
        "    settings = Settings().merge({'TRAIN': {'OPTIMIZER': name}})\n"
        "    optimizer = make_optimizer(network, settings)\n"
        "    optimizer.zero_grad()\n"
        "    network(torch.ones(1, 3)).sum().backward()\n"
        "    optimizer.step()\n"
        "    optimizer.load_state_dict(optimizer.state_dict())\n"
        "print(sorted({'torch._dynamo', 'triton'} & set(sys.modules)))\n",
    )
    assert done.stdout.strip() == "[]", done.stderr
