"""A crop fits the network, the volume and the memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from measured_cases import measured

from skoots.train.first import crop as first_crop
from skoots.train.first.crop import choose_crop

CPU = torch.device("cpu")
GIB = 1 << 30


@pytest.mark.parametrize("gibibytes", [0.05, 0.25, 1, 4, 64])
@pytest.mark.parametrize("depth", [1, 5, 20, 40, 500])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (1, 1, 6), (4, 4, 1)])
def test_a_crop_fits_network_volume_and_memory(
    monkeypatch: pytest.MonkeyPatch,
    gibibytes: float,
    depth: int,
    spacing: tuple[float, float, float],
) -> None:
    monkeypatch.setattr(first_crop, "total_memory", lambda _: int(gibibytes * GIB))
    crop = choose_crop(measured((300, 200, depth), spacing), CPU)
    assert all(n % 8 == 0 for n in crop)
    assert crop[2] >= 16
    assert crop[2] <= max(16, depth + 7)
    least = 32 * 32 * 16
    # a training takes 1200 bytes a voxel, and gets a quarter of the memory
    assert np.prod(crop) <= max(least, gibibytes * GIB / 4 / 1200)


def test_more_memory_gives_a_larger_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for memory in (GIB // 8, GIB // 2, 2 * GIB):
        monkeypatch.setattr(first_crop, "total_memory", lambda _, m=memory: m)
        sizes.append(np.prod(choose_crop(measured((400, 400, 400)), CPU)))
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_crop_is_as_long_in_micrometres_along_each_axis_and_half_as_deep() -> None:
    x, y, z = choose_crop(measured((900, 900, 900), (1, 1, 4)), CPU)
    assert abs(x - y) <= 8
    assert abs(z * 4 - x / 2) <= 32
