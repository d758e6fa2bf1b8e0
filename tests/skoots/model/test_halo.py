"""The halo of networks of which one knows how far they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skoots.config import Settings
from skoots.model.halo import LEAST_VOXELS, RimEffect, choose_halo, measure_rims
from skoots.volume.axes import triple_to_xyz

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.model.unet import UNet

SETTINGS = Settings.from_dict({"SKOOTS": {"VECTOR_SCALING": [20, 20, 20]}})
FALLBACK = (16, 32, 32)
SMALL: dict[str, Any] = {"reach": 24, "across": 16, "parts": 2}


class Looking(nn.Module):
    """One convolution with random weights: it looks half a kernel far along each axis.

    Everything is foreground, so that every voxel counts; the vectors tell the rim.
    """

    def __init__(self, kernel_zyx: Shape3, factor: int = 1) -> None:
        super().__init__()
        self.factor = factor
        kernel = triple_to_xyz(kernel_zyx)
        padding = tuple(k // 2 for k in kernel)
        self.conv = nn.Conv3d(1, 5, kernel, padding=padding)
        nn.init.uniform_(self.conv.weight, 0.5, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        assert all(size % self.factor == 0 for size in x.shape[2:])
        y = self.conv(x).tanh()
        y[:, 3:] = 1
        return y


def looking(*args: Any) -> UNet:
    torch.manual_seed(0)
    return cast("UNet", Looking(*args))


def noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 0.3, shape).astype(np.float32)


def halo(
    network: UNet, image: NDArray[np.float32], settings: Settings = SETTINGS
) -> Shape3:
    effects = measure_rims(network, [image], settings, **SMALL)
    assert all(effect.settled(network.factor) for effect in effects), "not settled"
    return choose_halo(effects, network.factor, FALLBACK)


@pytest.mark.parametrize(
    ("kernel", "factor", "expected"),
    [
        ((5, 1, 1), 1, (2, 0, 0)),
        ((1, 5, 1), 1, (0, 2, 0)),
        ((1, 1, 5), 1, (0, 0, 2)),
        ((3, 5, 9), 1, (1, 2, 4)),
        ((1, 5, 19), 4, (0, 4, 12)),
        ((5, 17, 1), 8, (8, 8, 0)),
        ((1, 1, 1), 8, (0, 0, 0)),
    ],
)
def test_the_halo_is_as_far_as_a_network_looks_on_its_grid(
    kernel: Shape3, factor: int, expected: Shape3
) -> None:
    assert halo(looking(kernel, factor), noise(48, 50, 53)) == expected


def test_what_differs_is_counted_by_the_distance_from_the_cut() -> None:
    z, y, x = measure_rims(looking((5, 1, 1)), [noise(16, 8, 8)], SETTINGS, **SMALL)
    assert z.voxels.tolist() == [2 * 8 * 8] * 8, "both sides of the cut"
    assert y.voxels.tolist() == [2 * 16 * 8] * 4
    assert not x.differing.any()
    assert z.differing[0] > z.differing[1] > 0
    assert not z.differing[2:].any()


class Brightness(nn.Module):
    """Says of each voxel how bright it and its neighbour along the planes are."""

    factor = 1

    def __init__(self, channel: int) -> None:
        super().__init__()
        self.channel = channel
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.zeros(1, 5, *x.shape[2:])
        y[:, 4] = 1  # all is foreground
        y[:, self.channel] = x[:, 0]
        y[:, self.channel, :, :, 1:] += x[:, 0, :, :, :-1]
        return y


@pytest.mark.parametrize("channel", [0, 2, 3, 4])
def test_vectors_skeleton_and_foreground_all_count(channel: int) -> None:
    image = np.full((16, 16, 16), 0.45, np.float32)  # twice it is above thresholds
    network = cast("UNet", Brightness(channel))
    assert halo(network, image) == (1, 0, 0)


def test_vectors_are_told_in_voxels() -> None:
    image = np.full((16, 16, 16), 0.45, np.float32)
    short = SETTINGS.merge({"SKOOTS": {"VECTOR_SCALING": [20, 20, 2]}})
    network = cast("UNet", Brightness(2))  # along Z: 0.45 of 2 voxels
    assert halo(network, image, short) == (0, 0, 0)


def test_the_same_input_gives_the_same_counts() -> None:
    image, network = noise(20, 24, 28), looking((3, 5, 9))
    one, other = (
        measure_rims(network, [image, image], SETTINGS, **SMALL) for _ in range(2)
    )
    for a, b in zip(one, other, strict=True):
        assert (a.differing == b.differing).all()
        assert (a.voxels == b.voxels).all()


def test_volumes_of_other_depths_are_pooled() -> None:
    images = [noise(8, 16, 16), noise(24, 16, 16)]
    z, _, _ = measure_rims(looking((1, 1, 1)), images, SETTINGS, **SMALL)
    assert z.voxels.tolist() == [2 * 2 * 256] * 4 + [2 * 256] * 8


@pytest.mark.parametrize("planes", [1, 12, 15])
def test_a_stack_too_thin_to_be_cut_falls_back_along_z_alone(planes: int) -> None:
    network = looking((9, 5, 5), 8)
    image = noise(planes, 96, 96)
    effects = measure_rims(network, [image], SETTINGS, reach=24)
    assert not effects[0].voxels.size
    assert choose_halo(effects, 8, FALLBACK) == (16, 8, 8)


def test_a_volume_that_does_not_see_the_end_falls_back_or_gives_more() -> None:
    effects = measure_rims(looking((25, 25, 1), 8), [noise(16, 48, 48)], SETTINGS)
    assert [e.settled(8) for e in effects] == [False, True, True]
    assert [e.needed(8) for e in effects] == [8, 16, 0]
    assert choose_halo(effects, 8, FALLBACK) == (16, 16, 0)
    assert choose_halo(effects, 8, (0, 0, 0)) == (8, 16, 0)


def test_without_objects_nothing_is_settled() -> None:
    strict = SETTINGS.merge({"INFERENCE": {"PROBABILITY_THRESHOLD": 0.99}})
    image = np.full((32, 32, 32), 0.45, np.float32)
    network = cast("UNet", Brightness(4))
    effects = measure_rims(network, [-image], strict, **SMALL)
    assert not any(e.voxels.any() or e.settled(1) for e in effects)
    assert choose_halo(effects, 1, FALLBACK) == FALLBACK


def test_a_share_below_the_tolerance_is_borne() -> None:
    voxels = np.full(24, 100 * LEAST_VOXELS)
    differing = np.zeros(24, np.int64)
    differing[:10] = voxels[:10] // 50  # two per cent, up to distance 9
    effect = RimEffect(differing, voxels)
    assert effect.needed(8, tolerance=0.01) == 16
    assert effect.needed(8, tolerance=0.02) == 0
    assert effect.settled(8)
    assert not RimEffect(differing[:16], voxels[:16]).settled(8)
    assert not RimEffect(differing // 1000, voxels // 200).settled(8)
