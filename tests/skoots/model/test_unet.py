"""Our network: five channels, one grid, the same numbers when fused."""

from __future__ import annotations

import pytest
import torch

from skoots.errors import ShapeError
from skoots.model.unet import UNet


def _network(**shape: tuple[int, ...]) -> UNet:
    """A small network whose normalisation has seen data."""
    torch.manual_seed(0)
    network = UNet(**(shape or {"dims": (4, 8, 8, 8)})).train()
    for _ in range(3):
        network(torch.randn(1, 1, 16, 16, 16) * 2 + 1)
    return network.eval()


def test_vectors_lie_within_one_and_masks_between_zero_and_one() -> None:
    with torch.inference_mode():
        out = _network()(torch.randn(2, 1, 16, 24, 8))
    assert out.shape == (2, 5, 16, 24, 8)
    assert out[:, :3].abs().max() <= 1
    assert out[:, 3:].min() >= 0
    assert out[:, 3:].max() <= 1


@pytest.mark.parametrize(
    ("dims", "depths", "factor"),
    [
        pytest.param((4, 8), (1,), 2, id="two levels"),
        pytest.param((4, 8, 8), (1, 2, 1), 4, id="three levels"),
        pytest.param((4, 8, 8, 8), (0, 1, 2, 1, 0), 8, id="four levels"),
    ],
)
def test_the_factor_counts_the_levels(
    dims: tuple[int, ...], depths: tuple[int, ...], factor: int
) -> None:
    network = _network(dims=dims, depths=depths)
    assert network.factor == factor
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, factor, factor, factor)).shape[1] == 5


def test_fusing_changes_no_number() -> None:
    network = _network()
    x = torch.randn(1, 1, 16, 16, 16)
    with torch.inference_mode():
        before = network(x)
        network.fuse()
        network.fuse()  # a second time does nothing
        torch.testing.assert_close(network(x), before, rtol=1e-4, atol=1e-5)


def test_an_answer_does_not_depend_on_what_is_far_away() -> None:
    # normalisation keeps running statistics: tiles see what the whole sees
    network = _network(dims=(4, 8), depths=(1,))
    x = torch.randn(1, 1, 64, 8, 8)
    with torch.inference_mode():
        whole = network(x)[:, :, :16]
        tile = network(x[:, :, :48])[:, :, :16]
    torch.testing.assert_close(tile, whole, rtol=1e-5, atol=1e-6)


def test_a_shift_by_the_factor_shifts_the_answer() -> None:
    network = _network(dims=(4, 8), depths=(1,))
    x = torch.randn(1, 1, 64, 8, 8)
    with torch.inference_mode():
        whole, shifted = network(x), network(x[:, :, 2:])
    torch.testing.assert_close(
        shifted[:, :, 22:40], whole[:, :, 24:42], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("size", [4, 12, 0])
def test_extents_off_the_grid_are_refused(size: int) -> None:
    network = UNet(dims=(4, 4, 4, 4)).eval()
    with pytest.raises(ShapeError, match="a multiple of 8"):
        network(torch.zeros(1, 1, 16, size, 16))
