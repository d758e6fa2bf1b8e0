"""The crops of a step fit the network, the volume and the memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from measured_cases import measured

from skoots.train.first import crop as first_crop
from skoots.train.first.crop import choose_crops

if TYPE_CHECKING:
    from skoots._types import Shape3

CPU = torch.device("cpu")
GIB = 1 << 30


@pytest.mark.parametrize("gibibytes", [0.05, 0.25, 1, 4, 64])
@pytest.mark.parametrize("depth", [1, 5, 20, 40, 500])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (1, 1, 6), (4, 4, 1)])
def test_crops_fit_network_volume_and_memory(
    monkeypatch: pytest.MonkeyPatch,
    gibibytes: float,
    depth: int,
    spacing: tuple[float, float, float],
) -> None:
    monkeypatch.setattr(first_crop, "total_memory", lambda _: int(gibibytes * GIB))
    crop, crops = choose_crops(measured((300, 200, depth), spacing), CPU)
    assert all(n % 8 == 0 for n in crop)
    assert crop[2] >= 16
    assert crop[2] <= max(16, depth + 7)
    least = 32 * 32 * 16
    # a training takes 1200 bytes a voxel, and gets a quarter of the memory
    assert crops * np.prod(crop) <= max(least, gibibytes * GIB / 4 / 1200)


def test_more_memory_gives_larger_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for memory in (GIB // 8, GIB // 2, 2 * GIB):
        monkeypatch.setattr(first_crop, "total_memory", lambda _, m=memory: m)
        crop, crops = choose_crops(measured((400, 400, 400)), CPU)
        sizes.append(crops * np.prod(crop))
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_crop_is_as_long_in_micrometres_along_each_axis_and_half_as_deep() -> None:
    (x, y, z), _ = choose_crops(measured((900, 900, 900), (1, 1, 4)), CPU)
    assert abs(x - y) <= 8
    assert abs(z * 4 - x / 2) <= 32


@pytest.fixture
def _plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_crop, "total_memory", lambda _: 64 * GIB)


@pytest.mark.usefixtures("_plenty")
@pytest.mark.parametrize(
    ("across", "shape", "crop", "crops"),
    [
        (12, (400, 400, 400), (72, 64, 32), 3),
        (32, (400, 400, 400), (72, 64, 32), 3),
        (33, (400, 400, 400), (72, 72, 40), 2),  # a third of a step is too flat
        (90, (400, 400, 400), (72, 72, 40), 2),  # never a single one
        (90, (400, 400, 10), (96, 96, 16), 3),  # objects are cut by the volume anyway
        (90, (40, 40, 40), (40, 40, 40), 3),
    ],
    ids=["small", "just", "not quite", "large", "flat volume", "small volume"],
)
def test_a_step_has_three_crops_where_they_show_objects_and_else_two(
    across: int, shape: Shape3, crop: Shape3, crops: int
) -> None:
    sizes = np.array([int(np.pi / 6 * across**3)])
    like = replace(measured(shape), volumes=sizes)
    assert choose_crops(like, CPU) == (crop, crops)


@pytest.mark.usefixtures("_plenty")
def test_the_crops_of_a_step_have_the_voxels_of_a_single_large_one() -> None:
    for across in (12, 90):
        sizes = np.array([across**3 // 2])
        like = replace(measured((400, 400, 400)), volumes=sizes)
        crop, crops = choose_crops(like, CPU)
        assert 0.9 < crops * np.prod(crop) / (96 * 96 * 48) <= 1


@pytest.mark.parametrize(("gibibytes", "crops"), [(0.05, 1), (0.16, 2), (0.25, 3)])
def test_where_memory_is_short_a_step_has_fewer_crops(
    monkeypatch: pytest.MonkeyPatch, gibibytes: float, crops: int
) -> None:
    monkeypatch.setattr(first_crop, "total_memory", lambda _: int(gibibytes * GIB))
    small = replace(measured((400, 400, 400)), volumes=np.array([1000]))
    assert choose_crops(small, CPU)[1] == crops
