"""What is said of the devices that a user can choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.model import precision
from skoots.model.devices import describe_device, describe_devices

if TYPE_CHECKING:
    import pytest


def test_the_processor_is_always_there_with_its_memory() -> None:
    (cpu,) = [device for device in describe_devices() if device.name == "cpu"]
    assert cpu.title.startswith("Processor, ")
    assert 0 < cpu.free_bytes <= cpu.total_bytes
    assert describe_device("cpu").total_bytes == cpu.total_bytes


def test_what_is_free_is_no_more_than_a_container_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "_control_group_limits", lambda: iter([1 << 20]))
    cpu = describe_device("cpu")
    assert (cpu.total_bytes, cpu.free_bytes) == (1 << 20, 1 << 20)


def test_the_device_that_auto_takes_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cards = {"cuda:0": ("First", 9), "cuda:1": ("Second", 7)}
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda d: cards[str(d)][0])
    monkeypatch.setattr(
        torch.cuda, "mem_get_info", lambda d: (cards[str(d)][1] - 4, cards[str(d)][1])
    )
    monkeypatch.setattr(
        "skoots.model.devices.total_memory", lambda d: cards.get(str(d), ("", 64))[1]
    )
    first, second, *_ = describe_devices()
    assert (first.name, first.title, first.total_bytes, first.free_bytes) == (
        "cuda:0",
        "First",
        9,
        5,
    )
    assert (second.name, second.free_bytes) == ("cuda:1", 3)
    assert precision.choose_device("auto").type == first.name.partition(":")[0]
