"""Model files as published SKOOTS wrote them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from skoots.config import Settings, get_cfg_defaults
from skoots.errors import CheckpointError
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, load_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

DIVIDE = Normalization("divide")
VOLUME = Normalization("volume")
FIXED = Normalization("fixed", 127.5, 57.755)
MODEL = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return build_network(Settings.from_dict({"MODEL": MODEL})).state_dict()


def checkpoint(**more: object) -> dict[str, Any]:
    return {"cfg": {"MODEL": MODEL}, "model_state_dict": weights(), **more}


@pytest.mark.parametrize("size", ["tiny", "tiny5"])
@pytest.mark.parametrize(
    ("form", "answers", "normalization"),
    [
        pytest.param("pypi", "pypi", DIVIDE, id="release"),
        pytest.param("pypi_bare_state_dict", "pypi", DIVIDE, id="bare weights"),
        pytest.param("head", "head_bf16weights", FIXED, id="head"),
        pytest.param("bism_train_context", "pypi", VOLUME, id="train context"),
    ],
)
def test_published_files_give_the_published_answers(
    shared_dir: Path, size: str, form: str, answers: str, normalization: Normalization
) -> None:
    model = load_checkpoint(shared_dir / f"compat/{size}_{form}.trch")
    with np.load(shared_dir / f"compat/{size}_{answers}_io.npz") as stored:
        image, expected = torch.from_numpy(stored["x"]), stored["y"]
    with torch.inference_mode():
        out = model.network(image)
    np.testing.assert_allclose(out.numpy(), expected, rtol=0, atol=1e-5)
    assert model.normalization == normalization
    assert model.published
    assert not model.network.training
    assert {p.dtype for p in model.network.parameters()} == {torch.float32}
    assert model.config.INFERENCE == get_cfg_defaults().INFERENCE
    assert all(halo % model.network.factor == 0 for halo in model.halo_zyx)
    scaling = (60, 60, 12) if "bare" in form else (20, 20, 4)
    assert scaling == model.config.SKOOTS.VECTOR_SCALING


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param("module.{}", id="parallel"),
        pytest.param("_orig_mod.{}", id="compiled"),
        pytest.param("module._orig_mod.{}", id="both"),
    ],
)
@pytest.mark.parametrize("bare", [False, True], ids=["checkpoint", "bare weights"])
def test_wrappers_are_stripped_and_bf16_becomes_float32(
    tmp_path: Path, wrap: str, bare: bool
) -> None:
    wrapped = {wrap.format(name): value.bfloat16() for name, value in weights().items()}
    payload = wrapped if bare else checkpoint(model_state_dict=wrapped)
    torch.save(payload, tmp_path / "m.trch")
    loaded = load_checkpoint(tmp_path / "m.trch").network.state_dict()
    for name, value in weights().items():
        assert torch.equal(loaded[name], value.bfloat16().float())


def test_a_checkpoint_without_settings_takes_them_from_the_shapes(
    tmp_path: Path,
) -> None:
    payload = checkpoint()
    del payload["cfg"]
    torch.save(payload, tmp_path / "m.trch")
    assert load_checkpoint(tmp_path / "m.trch").config.MODEL.DIMS == (4, 6, 4)


def test_keys_of_a_fork_do_not_keep_weights_from_loading(tmp_path: Path) -> None:
    payload = checkpoint(cfg={"MODEL": {**MODEL, "NEW": 1}})
    torch.save(payload, tmp_path / "m.trch")
    model = load_checkpoint(tmp_path / "m.trch")
    assert model.provenance["unknown_settings"] == ("MODEL.NEW",)


@pytest.mark.parametrize(
    ("more", "normalization"),
    [
        pytest.param({}, DIVIDE, id="absent"),
        pytest.param(
            {"dataset_mean": torch.tensor(3.0), "dataset_std": 2},
            Normalization("fixed", 3, 2),
            id="numbers",
        ),
        pytest.param(
            {"dataset_mean": None, "dataset_std": None},
            VOLUME,
            id="none",
        ),
        *(
            pytest.param(
                {"cfg": {"MODEL": MODEL, section: {key: value}}}, VOLUME, id=key
            )
            for section, key, value in (
                ("TRAIN", "TARGET", "skoots"),
                ("TRAIN", "SKELETON_MASK_RADIUS", 9),
                ("EXPERIMENTAL", "IS_SPARSE", False),
                ("AUGMENTATION", "ELASTIC_RATE", 0.33),
            )
        ),
        pytest.param(
            {"cfg": {"MODEL": MODEL, "TRAIN": {"N_WARMUP": 1500}}}, DIVIDE, id="0.0.5"
        ),
    ],
)
def test_normalisation_follows_the_training_data(
    tmp_path: Path, more: dict[str, object], normalization: Normalization
) -> None:
    torch.save(checkpoint(**more), tmp_path / "m.trch")
    assert load_checkpoint(tmp_path / "m.trch").normalization == normalization


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        pytest.param([1, 2], "list", id="list"),
        pytest.param({}, "no weights", id="nothing"),
        pytest.param({"epoch": 3, "loss": 0.1}, "epoch, loss", id="other dictionary"),
        pytest.param({"w": torch.zeros(3)}, "init_stage", id="other network"),
        pytest.param(checkpoint(model_state_dict={}), "no weights", id="no weights"),
        pytest.param(checkpoint(model_state_dict={"a": 1}), "a is no tensor", id="int"),
        pytest.param(checkpoint(cfg=3), "no mapping", id="settings are a number"),
        pytest.param(
            checkpoint(cfg={"MODEL": {**MODEL, "KERNEL_SIZE": 5}}),
            r"shape: .*\(4, 1, 3, 3, 3\) instead of \(4, 1, 5, 5, 5\) and",
            id="other kernel",
        ),
        pytest.param(
            checkpoint(cfg={"MODEL": {**MODEL, "DEPTHS": [1, 2, 1]}}),
            "lacks weights.*down_stages.1.1",
            id="more blocks",
        ),
        pytest.param(
            checkpoint(cfg={"MODEL": {**MODEL, "DEPTHS": [1, 0, 1]}}),
            "without a place.*down_stages.1.0",
            id="fewer blocks",
        ),
        pytest.param(
            checkpoint(cfg={"MODEL": {"ARCHITECTURE": "bism_unet"}}),
            "bism_unet",
            id="architecture",
        ),
        pytest.param(
            checkpoint(cfg={"MODEL": {**MODEL, "DIMS": [10**9] * 3}}),
            "shape|MODEL",
            id="too large for any memory",
        ),
        pytest.param(
            checkpoint(dataset_mean=1.0, dataset_std=0.0), "deviation", id="zero std"
        ),
        pytest.param(
            checkpoint(dataset_mean="a", dataset_std=1.0), "dataset_mean", id="text"
        ),
        pytest.param(
            checkpoint(
                model_state_dict=OrderedDict(
                    weights(), **{"out_prob.bias": torch.tensor([float("nan")])}
                )
            ),
            "out_prob.bias is not finite",
            id="NaN",
        ),
    ],
)
def test_what_is_no_model_says_why(tmp_path: Path, payload: object, says: str) -> None:
    path = tmp_path / "wrong.trch"
    torch.save(payload, path)
    with pytest.raises(CheckpointError, match=says) as error:
        load_checkpoint(path)
    assert "wrong.trch" in str(error.value)
