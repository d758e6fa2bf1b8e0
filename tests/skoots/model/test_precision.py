"""Devices and number formats: what is there, what pays, what stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from skoots.errors import DeviceError
from skoots.model.precision import (
    bytes_per_voxel,
    choose_device,
    choose_number_format,
    list_devices,
    prepare,
    total_memory,
)
from skoots.model.unet import UNet

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


def _small() -> UNet:
    torch.manual_seed(0)
    return UNet(dims=(4, 8, 8), depths=(1, 1, 1)).eval()


def test_auto_takes_the_best_device_that_is_listed() -> None:
    assert str(choose_device("auto")) == list_devices()[-1]
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize("name", ["cuda:99", "tpu", ""])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceError, match="Use one of: auto, cpu") as caught:
        choose_device(name)
    assert repr(name) in str(caught.value)


def test_the_memory_of_the_processor_is_that_of_the_machine() -> None:
    assert 1e9 < total_memory(CPU) < 1e14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1000000000", 10**9, id="limited"),
        pytest.param("max", None, id="no limit"),
    ],
)
def test_what_a_container_may_use_counts_as_its_memory(
    text: str, expected: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = total_memory(CPU)
    limit = tmp_path / "memory.max"
    limit.write_text(f"{text}\n")
    monkeypatch.setattr(
        "skoots.model.precision._LIMIT_FILES", (limit, tmp_path / "none")
    )
    assert total_memory(CPU) == (expected or free)


@pytest.mark.parametrize(
    ("able", "chosen"),
    [
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True, "avx512_bf16": False}, "bfloat16"),
        ({"avx2": True, "amx_bf16": False}, "float32"),
    ],
)
def test_a_processor_works_in_what_it_multiplies(
    able: dict[str, bool], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: able, raising=False)
    assert choose_number_format(CPU) == chosen


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
def test_a_prepared_network_answers_nearly_the_same_and_leaves_its_source_alone(
    number_format: str,
) -> None:
    network = _small()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    x = torch.randn(1, 1, 16, 16, 16)
    with torch.inference_mode():
        expected = network(x)
    answer = prepare(network, CPU, number_format)(x).float()
    tolerance = 1e-5 if number_format == "float32" else 0.03
    torch.testing.assert_close(answer, expected, rtol=0, atol=tolerance)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_half_the_bytes_are_half_the_memory() -> None:
    network = _small()
    assert bytes_per_voxel(network, "float32") == 2 * bytes_per_voxel(
        network, "bfloat16"
    )
