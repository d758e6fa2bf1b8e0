"""A training starts from a model, of ours or published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from skoots.config import Settings
from skoots.errors import ModelNotFoundError, SettingsError
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, load_checkpoint, save_checkpoint
from skoots.model.safe_file import read_safely
from skoots.train.optimise.optimizer import make_optimizer
from skoots.train.optimise.pretrained import load_pretrained, load_pretrained_optimizer

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"ARCHITECTURE": "unet", "DIMS": [4, 8], "DEPTHS": [1]}
TINY = {"DIMS": [8, 16, 8], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 8, "KERNEL_SIZE": 3}
PUBLISHED = ["tiny_pypi", "tiny_head", "tiny_bism_train_context"]


def _settings(path: object, model: dict[str, Any], **train: object) -> Settings:
    train["PRETRAINED_MODEL_PATH"] = [str(path)]
    return Settings.from_dict({"MODEL": model, "TRAIN": train})


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A model of ours with random weights."""
    settings = Settings.from_dict({"MODEL": OURS})
    torch.manual_seed(5)
    path = tmp_path / "ours.skoots"
    save_checkpoint(
        path, build_network(settings), settings, normalization=Normalization("volume")
    )
    return path


def test_without_a_model_nothing_is_loaded() -> None:
    settings = Settings.from_dict({"MODEL": OURS})
    network = build_network(settings)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert load_pretrained(network, settings) == ()
    assert (
        load_pretrained_optimizer(make_optimizer(network, settings), network, settings)
        is None
    )
    after = network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_model_of_ours_gives_its_weights(ours: Path) -> None:
    settings = _settings(ours, OURS)
    network = build_network(settings)
    notes = load_pretrained(network, settings)
    expected = load_checkpoint(ours).network.state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value, expected[name])
    assert network.training
    assert all(p.requires_grad for p in network.parameters())
    assert len(notes) == 1
    assert str(ours) in notes[0]


def test_what_differs_in_meaning_is_said(ours: Path) -> None:
    settings = _settings(ours, OURS).merge(
        {
            "SKOOTS": {"VECTOR_SCALING": [30, 30, 30]},
            "TRAINER": {"NORMALIZATION": "dataset"},
        }
    )
    notes = " ".join(load_pretrained(build_network(settings), settings))
    assert "VECTOR_SCALING is (30.0, 30.0, 30.0) and the model's (60.0" in notes
    assert "TRAINER.NORMALIZATION = 'dataset'" in notes


@pytest.mark.parametrize(
    ("model", "says"),
    [
        pytest.param({"DIMS": [4, 16]}, r"MODEL.DIMS is \(4, 16\) and \(4, 8\) there"),
        pytest.param({"IN_CHANNELS": 2}, "MODEL.IN_CHANNELS is 2 and 1 there"),
        pytest.param(
            {"ARCHITECTURE": "bism_unext", **TINY},
            "ARCHITECTURE is 'bism_unext' and 'unet' there; MODEL.DIMS",
        ),
    ],
    ids=["dims", "channels", "architecture"],
)
def test_another_network_is_refused_by_the_keys_that_differ(
    ours: Path, model: dict[str, Any], says: str
) -> None:
    settings = _settings(ours, {**OURS, **model})
    with pytest.raises(SettingsError, match=says):
        load_pretrained(build_network(settings), settings)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "gone.skoots", OURS)
    with pytest.raises(ModelNotFoundError, match="gone"):
        load_pretrained(build_network(settings), settings)


def test_a_model_of_ours_keeps_no_optimizer(ours: Path) -> None:
    settings = _settings(ours, OURS, LOAD_PRETRAINED_OPTIMIZER=True)
    network = build_network(settings)
    optimizer = make_optimizer(network, settings)
    said = load_pretrained_optimizer(optimizer, network, settings)
    assert said is not None
    assert "keeps no state" in said
    assert not optimizer.state


def _published(shared_dir: Path, name: str, **train: object) -> Settings:
    path = shared_dir / "compat" / f"{name}.trch"
    model = load_checkpoint(path).config.MODEL.model_dump()
    return _settings(path, model, **train)


@pytest.mark.parametrize(
    "name", [*PUBLISHED, "tiny5_head", "tiny_pypi_bare_state_dict"]
)
def test_published_models_start_a_training(shared_dir: Path, name: str) -> None:
    settings = _published(shared_dir, name)
    network = build_network(settings)
    load_pretrained(network, settings)
    expected = load_checkpoint(settings.TRAIN.PRETRAINED_MODEL_PATH[0]).network
    image = torch.randn((1, 1, 16, 16, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network.eval()(image), expected(image))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_optimizer_goes_on_weight_by_weight(
    shared_dir: Path, name: str
) -> None:
    settings = _published(
        shared_dir, name, LOAD_PRETRAINED_OPTIMIZER=True, LEARNING_RATE=0.03
    )
    network = build_network(settings)
    load_pretrained(network, settings)
    optimizer = make_optimizer(network, settings)
    said = load_pretrained_optimizer(optimizer, network, settings)
    assert said is not None
    assert "goes on" in said
    payload: Any = read_safely(shared_dir / "compat" / f"{name}.trch")
    stored = payload["optimizer_state_dict"]["state"]
    mine = dict(network.named_parameters())
    for index, weight in enumerate(payload["model_state_dict"]):
        moments = optimizer.state[mine[weight]]
        assert torch.equal(moments["exp_avg"], stored[index]["exp_avg"].float())
    assert optimizer.param_groups[0]["lr"] == 0.03
    network.raw(torch.randn(1, 1, 16, 16, 8)).square().mean().backward()
    optimizer.step()


@pytest.mark.parametrize(
    ("train", "says"),
    [
        ({"OPTIMIZER": "adamax"}, "with adamw and not with adamax"),
        (
            {
                "OPTIMIZER_KEYWORD_ARGUMENTS": ["amsgrad"],
                "OPTIMIZER_KEYWORD_VALUES": [True],
            },
            "does not fit",
        ),
    ],
    ids=["another one", "other moments"],
)
def test_why_an_optimizer_starts_anew_is_said(
    shared_dir: Path, train: dict[str, object], says: str
) -> None:
    settings = _published(
        shared_dir, "tiny_head", LOAD_PRETRAINED_OPTIMIZER=True, **train
    )
    network = build_network(settings)
    optimizer = make_optimizer(network, settings)
    said = load_pretrained_optimizer(optimizer, network, settings)
    assert said is not None
    assert says in said
    assert not optimizer.state
