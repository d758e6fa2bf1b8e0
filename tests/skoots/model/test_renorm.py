"""Training normalises as applying does, and learns as batch normalisation."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skoots.model.renorm import BEGIN, END, MOMENTUM, BatchRenorm


def _features(seed: int, shift: float = 0.0, scale: float = 1.0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(2, 3, 4, 5, 6) * scale + shift


def _settled(seen: int) -> BatchRenorm:
    """A layer that has seen so many batches of some mean and deviation."""
    layer = BatchRenorm(3)
    torch.manual_seed(0)
    with torch.no_grad():
        layer.weight.uniform_(0.5, 2)
        layer.bias.uniform_(-1, 1)
        layer.running_mean.copy_(torch.tensor([0.5, -1.0, 0.0]))
        layer.running_var.copy_(torch.tensor([1.0, 4.0, 0.5]))
        layer.num_batches_tracked.fill_(seen)
    return layer


def test_a_layer_that_has_seen_enough_trains_as_it_is_applied() -> None:
    layer, x = _settled(END), _features(1, shift=0.3, scale=1.5)
    applied = layer.eval()(x)
    torch.testing.assert_close(layer.train()(x), applied, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seen", [0, BEGIN])
def test_at_first_it_is_batch_normalisation(seen: int) -> None:
    layer, x = _settled(seen), _features(2, shift=3.0)
    plain = nn.BatchNorm3d(3)
    plain.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer.train()(x), plain.train()(x))


def test_a_batch_that_is_far_from_all_others_is_corrected_within_limits() -> None:
    layer, x = _settled(END), _features(3, shift=1000.0)
    assert layer.train()(x).abs().max() < 50  # (x - M) / S would be some 1000


def test_no_gradient_makes_a_channel_larger_or_shifts_it() -> None:
    layer, x = _settled(END), _features(4).requires_grad_()
    torch.manual_seed(5)
    (layer.train()(x) * torch.randn(x.shape)).sum().backward()
    assert x.grad is not None
    # as of batch normalisation: a shift or another scale of x changes nothing
    shift = x.grad.sum(dim=(0, 2, 3, 4))
    centred = x.detach() - x.detach().mean(dim=(0, 2, 3, 4), keepdim=True)
    scale = (x.grad * centred).sum(dim=(0, 2, 3, 4))
    torch.testing.assert_close(shift, torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(scale, torch.zeros(3), atol=1e-2, rtol=0)


def test_running_statistics_follow_the_batches() -> None:
    layer, x = _settled(7), _features(6, shift=2.0)
    before = layer.running_mean.clone()
    layer.train()(x)
    mean = x.mean(dim=(0, 2, 3, 4))
    torch.testing.assert_close(layer.running_mean, before + MOMENTUM * (mean - before))
    assert int(layer.num_batches_tracked) == 8
    layer.eval()(x)
    assert int(layer.num_batches_tracked) == 8


@pytest.mark.parametrize(
    ("dtype", "off"),
    [(torch.float64, 1e-5), (torch.float16, 2e-2), (torch.bfloat16, 1e-1)],
    ids=["double", "half", "bfloat16"],
)
def test_a_layer_of_other_numbers_learns_what_one_of_32_bits_learns(
    dtype: torch.dtype, off: float
) -> None:
    layer, other = _settled(END), _settled(END).to(dtype)
    x = _features(8, shift=0.5, scale=1.5)
    torch.manual_seed(9)
    ahead = torch.randn(x.shape)
    for each in (layer, other):
        said = each.train()(x.to(each.weight.dtype))
        assert said.dtype == each.weight.dtype
        (said.float() * ahead).sum().backward()
    assert other.running_var.dtype == dtype
    for name, known in layer.state_dict().items():
        found = other.state_dict()[name].to(known.dtype)
        torch.testing.assert_close(found, known, rtol=off, atol=off)
    for found, known in zip(other.parameters(), layer.parameters(), strict=True):
        assert found.grad is not None
        assert known.grad is not None
        assert found.grad.dtype == dtype
        # sums of 240 products
        torch.testing.assert_close(
            found.grad.float(), known.grad, rtol=off, atol=10 * off
        )


def test_what_is_too_large_for_16_bits_alone_does_not_spoil_the_average() -> None:
    layer = BatchRenorm(3).half()
    layer.train()(_features(10, scale=300.0).half())  # variances of 90,000
    assert layer.running_var.isfinite().all()
    torch.testing.assert_close(
        layer.running_var.float(), torch.full((3,), 0.02 * 9e4), rtol=0.2, atol=0
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_features_of_16_bits_are_normalised_under_autocast(dtype: torch.dtype) -> None:
    layer, plain = _settled(END), _settled(END)
    conv = nn.Conv3d(3, 3, 1)
    x = _features(11, shift=0.5)
    with torch.autocast("cpu", dtype):
        features = conv(x)
        said = layer.train()(features)
    assert features.dtype == said.dtype == dtype
    said.float().square().sum().backward()
    known = plain.train()(features.detach().float())
    torch.testing.assert_close(said.float(), known, rtol=0.02, atol=0.02)
    assert layer.running_var.dtype == torch.float32
    torch.testing.assert_close(layer.running_var, plain.running_var)
    assert conv.weight.grad is not None
    assert conv.weight.grad.abs().sum() > 0
