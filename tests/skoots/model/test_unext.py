"""The published network, key for key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from skoots.config import Settings, get_cfg_defaults, validate_cfg
from skoots.errors import CheckpointError, ShapeError
from skoots.model.build import build_network
from skoots.model.unext import UNeXT
from skoots.model.unext_shapes import infer_unext

if TYPE_CHECKING:
    from pathlib import Path

SIZES = [
    pytest.param((4, 6, 4), (1, 2, 1), 3, id="three levels"),
    pytest.param((4, 6, 8, 5, 3), (2, 1, 0, 1, 2), 5, id="five levels"),
    pytest.param((2, 3, 4, 5, 4, 3, 2), (1,) * 7, 7, id="seven levels"),
]


def network(dims: tuple[int, ...], depths: tuple[int, ...], kernel: int) -> UNeXT:
    torch.manual_seed(0)
    model = {
        "DIMS": dims,
        "DEPTHS": depths,
        "KERNEL_SIZE": kernel,
        "OUT_CHANNELS": dims[-1],
    }
    built = build_network(Settings.from_dict({"MODEL": model})).eval()
    assert isinstance(built, UNeXT)
    return built


def test_default_keys_and_shapes_are_the_published_ones(shared_dir: Path) -> None:
    listed = json.loads(
        (shared_dir / "compat/default_state_dict_keys_pypi.json").read_text()
    )
    built = build_network(get_cfg_defaults())
    state = built.state_dict()
    assert list(state) == listed["order"]
    shapes = {name: list(value.shape) for name, value in state.items()}
    assert shapes == {name: entry["shape"] for name, entry in listed["keys"].items()}
    count = sum(parameter.numel() for parameter in built.parameters())
    assert count == listed["n_params"] == 1_095_461


@pytest.mark.parametrize(
    ("name", "dims", "depths", "kernel"),
    [
        pytest.param("tiny", (8, 16, 8), (1, 1, 1), 3, id="tiny"),
        pytest.param("tiny5", (8, 12, 16, 12, 8), (1, 2, 1, 1, 2), 5, id="tiny5"),
    ],
)
def test_tiny_keys_and_shapes_are_the_published_ones(
    shared_dir: Path,
    name: str,
    dims: tuple[int, ...],
    depths: tuple[int, ...],
    kernel: int,
) -> None:
    path = shared_dir / "compat/tiny_state_dict_keys_pypi.json"
    listed = json.loads(path.read_text())[name]
    state = network(dims, depths, kernel).state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == listed


@pytest.mark.parametrize(("dims", "depths", "kernel"), SIZES)
def test_any_size_goes_in_and_comes_out(
    dims: tuple[int, ...], depths: tuple[int, ...], kernel: int
) -> None:
    built = network(dims, depths, kernel)
    least = built.factor
    assert least == 2 ** (len(dims) // 2 + 1)
    for shape in [(least, least, least), (least + 1, least + 3, 2 * least + 1)]:
        with torch.inference_mode():
            out = built(torch.rand(2, 1, *shape))
        assert out.shape == (2, 5, *shape)
        assert out[:, :3].abs().max() <= 1
        assert 0 <= out[:, 3:].min() <= out[:, 3:].max() <= 1


def test_an_image_below_the_factor_is_refused() -> None:
    built = network((4, 6, 4), (1, 1, 1), 3)
    with pytest.raises(ShapeError, match="at least 4"):
        built(torch.zeros(1, 1, 8, 3, 8))


def test_the_output_order_is_vectors_skeleton_probability() -> None:
    built = network((4, 6, 4), (1, 1, 1), 3)
    with torch.inference_mode():
        for head, value in [
            (built.out_embed, 0.0),
            (built.out_skeleton, 40.0),
            (built.out_prob, -40.0),
        ]:
            head.weight.zero_()
            assert head.bias is not None
            head.bias.fill_(value)
        out = built(torch.rand(1, 1, 8, 8, 8))
    assert out[:, :3].eq(0).all()
    assert out[:, 3].eq(1).all()
    assert out[:, 4].lt(1e-9).all()


def test_layer_scale_zero_leaves_gamma_out() -> None:
    model = {"LAYER_SCALE_INIT_VALUE": 0}
    names = build_network(Settings.from_dict({"MODEL": model})).state_dict()
    with_gamma = [name for name in names if name.endswith("gamma")]
    assert with_gamma == ["backbone.init_stage.1.gamma"]


def test_dropped_paths_leave_evaluation_alone() -> None:
    torch.manual_seed(0)
    model = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "KERNEL_SIZE": 3}
    model |= {"OUT_CHANNELS": 4, "DROP_PATH_RATE": 0.5}
    built = build_network(Settings.from_dict({"MODEL": model}))
    x = torch.rand(1, 1, 8, 8, 8)
    trained = [built.train()(x) for _ in range(8)]
    assert any(not torch.equal(trained[0], other) for other in trained)
    assert torch.equal(built.eval()(x), built.eval()(x))


@pytest.mark.parametrize(("dims", "depths", "kernel"), SIZES)
def test_the_architecture_is_read_off_the_shapes(
    dims: tuple[int, ...], depths: tuple[int, ...], kernel: int
) -> None:
    inferred = infer_unext(network(dims, depths, kernel).state_dict())
    assert (inferred["DIMS"], inferred["DEPTHS"]) == (dims, depths)
    assert (inferred["KERNEL_SIZE"], inferred["OUT_CHANNELS"]) == (kernel, dims[-1])
    assert inferred["LAYER_SCALE_INIT_VALUE"] == 1


def test_a_missing_layer_scale_is_read_off_the_names() -> None:
    settings = Settings.from_dict({"MODEL": {"LAYER_SCALE_INIT_VALUE": 0}})
    inferred = infer_unext(build_network(settings).state_dict())
    assert inferred["LAYER_SCALE_INIT_VALUE"] == 0


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(CheckpointError, match="init_stage"):
        infer_unext({"layer.weight": torch.zeros(3)})


def test_a_single_level_halves_the_image_once() -> None:
    values = {"DIMS": [4], "DEPTHS": [1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}
    settings = validate_cfg(Settings.from_dict({"MODEL": values}))
    network = UNeXT(settings.MODEL).eval()
    assert network.factor == 2
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, 5, 4, 3)).shape == (1, 5, 5, 4, 3)
