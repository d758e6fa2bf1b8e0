"""Our own model files, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from skoots.config import Settings
from skoots.errors import CheckpointError, ModelNotFoundError, SettingsError
from skoots.model.build import build_network
from skoots.model.checkpoint import (
    Checkpoint,
    Normalization,
    load_checkpoint,
    save_checkpoint,
)

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT

DROPPED = object()

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6, 8], "DEPTHS": [1, 1, 1]}
UNEXT = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}


def trained(model: dict[str, object], **inference: object) -> tuple[Any, Settings]:
    torch.manual_seed(0)
    settings = Settings.from_dict({"MODEL": model, "INFERENCE": inference})
    network = build_network(settings)
    network.train()(torch.rand(2, 1, 8, 8, 8))  # moves running statistics
    return network, settings


def round_trip(
    path: Path, network: UNet | UNeXT, settings: Settings, **facts: Any
) -> Checkpoint:
    facts.setdefault("normalization", Normalization("volume"))
    save_checkpoint(path, network, settings, **facts)
    return load_checkpoint(path)


def edited(path: Path, **changes: object) -> None:
    """Save a model and change parts of its file; `DROPPED` takes a part away."""
    network, settings = trained(UNET)
    save_checkpoint(path, network, settings, normalization=Normalization("volume"))
    payload = torch.load(path, weights_only=True) | changes
    torch.save({k: v for k, v in payload.items() if v is not DROPPED}, path)


@pytest.mark.parametrize("model", [UNET, UNEXT], ids=["unet", "unext"])
def test_a_model_comes_back_as_it_was(tmp_path: Path, model: dict[str, object]) -> None:
    network, settings = trained(model, HOPS=5, FIRST_HIT=True)
    facts: dict[str, Any] = {
        "normalization": Normalization("fixed", 100.0, 20.0),
        "voxel_size": (0.03, 0.01, 0.01),
        "object_diameter": 23.5,
        "halo_zyx": (8, 16, 32),
        "provenance": {"data": ["a", "b"], "steps": 4000},
        "scores": {"f1": 0.87},
    }
    loaded = round_trip(tmp_path / "mine.skoots", network, settings, **facts)
    assert loaded.config == settings
    for name, value in facts.items():
        assert getattr(loaded, name) == value
    assert (loaded.name, loaded.published) == ("mine", False)
    assert len(loaded.digest) == 64
    assert not loaded.network.training


@pytest.mark.parametrize("model", [UNET, UNEXT], ids=["unet", "unext"])
def test_weights_are_halved_and_running_statistics_are_not(
    tmp_path: Path, model: dict[str, object]
) -> None:
    network, settings = trained(model)
    loaded = round_trip(tmp_path / "m.skoots", network, settings)
    for name, value in network.state_dict().items():
        running = name.endswith(("running_mean", "running_var"))
        exact = running or not value.is_floating_point()
        expected = value if exact else value.half().float()
        assert torch.equal(loaded.network.state_dict()[name], expected), name
        assert loaded.network.state_dict()[name].dtype == value.dtype


def test_a_saved_model_gives_the_same_answer(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    loaded = round_trip(tmp_path / "m.skoots", network, settings)
    image = torch.rand(1, 1, 8, 12, 8)
    with torch.inference_mode():
        difference = loaded.network(image) - network.eval()(image)
    assert difference.abs().max() < 5e-3


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    save_checkpoint(
        tmp_path / "m.skoots", network, settings, normalization=Normalization("volume")
    )
    before = torch.random.get_rng_state()
    load_checkpoint(tmp_path / "m.skoots")
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_weight_that_float16_cannot_hold_stays(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    with torch.no_grad():
        network.head.bias[0] = 1e6
    loaded = round_trip(tmp_path / "m.skoots", network, settings)
    assert loaded.network.state_dict()["head.bias"][0] == 1e6


def test_wrapped_networks_are_saved_without_their_wrapper(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    wrapper: Any = torch.nn.Module()
    wrapper.module = network
    loaded = round_trip(tmp_path / "m.skoots", wrapper, settings)
    assert set(loaded.network.state_dict()) == set(network.state_dict())


@pytest.mark.parametrize(
    ("halo", "expected"),
    [
        pytest.param(None, (16, 32, 32), id="ours"),
        pytest.param((5, 8, 9), (8, 8, 12), id="rounded up to the factor"),
        pytest.param((0, 0, 0), (0, 0, 0), id="none at all"),
    ],
)
def test_the_halo_is_a_multiple_of_the_factor(
    tmp_path: Path,
    halo: tuple[int, int, int] | None,
    expected: tuple[int, int, int],
) -> None:
    network, settings = trained(UNET, HALO=halo)
    loaded = round_trip(tmp_path / "m.skoots", network, settings)
    assert loaded.network.factor == 4
    assert loaded.halo_zyx == expected


def test_numbers_of_other_libraries_are_stored_as_numbers(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    loaded = round_trip(
        tmp_path / "m.skoots",
        network,
        settings,
        normalization=Normalization("fixed", np.float64(3), np.float32(2)),
        object_diameter=np.float64(23),
        provenance={"steps": np.int64(5), "loss": torch.tensor(0.5), "shape": (1, 2)},
        scores={"f1": np.float64(0.5)},
    )
    assert loaded.provenance == {"steps": 5, "loss": 0.5, "shape": [1, 2]}
    assert type(loaded.scores["f1"]) is float
    assert loaded.normalization == Normalization("fixed", 3.0, 2.0)


def test_what_is_no_plain_data_is_not_saved(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    with pytest.raises(
        CheckpointError, match=r"provenance\.where holds PosixPath|Path"
    ):
        round_trip(
            tmp_path / "m.skoots", network, settings, provenance={"where": tmp_path}
        )
    assert not (tmp_path / "m.skoots").exists()


def test_a_network_of_other_settings_is_not_saved(tmp_path: Path) -> None:
    network, _ = trained(UNET)
    _, settings = trained({**UNET, "DIMS": [4, 8, 8]})
    with pytest.raises(CheckpointError, match="another shape"):
        round_trip(tmp_path / "m.skoots", network, settings)
    broken = Settings.from_dict({"MODEL": {"ARCHITECTURE": "bism_unet"}})
    with pytest.raises(SettingsError, match="bism_unet"):
        round_trip(tmp_path / "m.skoots", network, broken)
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_went_wrong_is_not_saved(tmp_path: Path) -> None:
    network, settings = trained(UNET)
    with torch.no_grad():
        network.head.bias[0] = float("nan")
    with pytest.raises(CheckpointError, match=r"head\.bias is not finite"):
        round_trip(tmp_path / "m.skoots", network, settings)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"version": 3}, "form 3.*Update", id="newer form"),
        pytest.param({"state": DROPPED}, "lacks its part 'state'", id="part missing"),
        pytest.param({"settings": {"NEW": {}}}, "no section 'NEW'", id="new section"),
        pytest.param(
            {"settings": {"INFERENCE": {"NEW": 1}}}, "update skoots", id="new key"
        ),
        pytest.param(
            {"settings": {"INFERENCE": {"HOPS": 0}}}, "HOPS = 0", id="out of bounds"
        ),
        pytest.param({"settings": 3}, "not as it should", id="settings are a number"),
        pytest.param({"settings": {}}, "lacks weights", id="other network"),
        pytest.param({"halo": [1, 2]}, "three numbers", id="halo of two"),
        pytest.param({"scores": {"f1": "a"}}, "not as it should", id="score is text"),
        pytest.param(
            {"normalization": {"kind": "other"}}, "'other' is not known", id="kind"
        ),
        pytest.param({"normalization": {"a": 1}}, "not as it should", id="keyword"),
    ],
)
def test_files_that_cannot_be_used_say_why(
    tmp_path: Path, changes: dict[str, object], says: str
) -> None:
    edited(tmp_path / "m.skoots", **changes)
    with pytest.raises(CheckpointError, match=says) as error:
        load_checkpoint(tmp_path / "m.skoots")
    assert "m.skoots" in str(error.value)


def test_a_missing_file_is_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="Check its path"):
        load_checkpoint(tmp_path / "none.skoots")


@pytest.mark.parametrize(
    ("mean", "std"), [(0.0, 0.0), (0.0, -1.0), (float("nan"), 1.0), (0.0, float("inf"))]
)
def test_a_normalisation_that_divides_by_nothing_is_refused(
    mean: float, std: float
) -> None:
    with pytest.raises(CheckpointError, match="deviation"):
        Normalization("fixed", mean, std)
