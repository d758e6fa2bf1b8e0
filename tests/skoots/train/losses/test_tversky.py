"""The formulas of the two Tversky losses, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.train.loss import tversky, tversky_bce


def _images(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (3, 1, 4, 5, 3)
    truth = torch.rand(shape, generator=generator) > 0.5
    truth[:, 0, 0, 0, 0] = True  # no image is empty
    weight = torch.randint(0, 2, shape, generator=generator).float()
    weight[:, 0, 0, 0, 0] = 1
    return torch.rand(shape, generator=generator), truth.float(), weight


def test_tversky_by_hand() -> None:
    predicted = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 1, 4)
    truth = torch.tensor([1.0, 0.0, 1.0, 0.0]).view(1, 1, 1, 1, 4)
    # one hit, one false positive at .2, one miss at .6
    loss = tversky(0.2, 0.6, 0.0)(predicted, truth)
    assert loss.item() == pytest.approx(1 - 1 / 1.8)


@given(
    seed=st.integers(0, 10**6),
    alpha=st.floats(0.01, 2),
    beta=st.floats(0.01, 2),
    eps=st.sampled_from([1e-8, 1.0]),
)
@settings(deadline=None, max_examples=25)
def test_tversky_is_the_mean_of_the_published_formula_over_images(
    seed: int, alpha: float, beta: float, eps: float
) -> None:
    predicted, truth, _ = _images(seed)
    prices = []
    for p, t in zip(predicted.double().numpy(), truth.numpy(), strict=True):
        hit = (p * t).sum() + eps
        false_positive = p[t == 0].sum() + 1e-10
        miss = ((1 - p) * t).sum()
        prices.append(1 - hit / (hit + alpha * false_positive + beta * miss))
    loss = tversky(alpha, beta, eps)(predicted, truth)
    assert loss.item() == pytest.approx(np.mean(prices), abs=1e-5)


def test_published_values_are_met() -> None:
    # what skoots 0.0.5 gives for these numbers
    torch.manual_seed(0)
    predicted = torch.rand(2, 1, 9, 8, 7)
    truth = (torch.rand(2, 1, 9, 8, 7) > 0.7).float()
    assert tversky(0.25, 0.75, 1e-8)(predicted, truth).item() == pytest.approx(
        0.5613808631896973, abs=1e-6
    )
    assert tversky(0.5, 1.5, 1e-8)(predicted, truth).item() == pytest.approx(
        0.7190647125244141, abs=1e-6
    )


def test_an_empty_crop_is_scored_by_its_background() -> None:
    predicted = torch.tensor([0.5, 0.0, 1.0, 0.0]).view(1, 1, 1, 1, 4)
    # 2.5 voxels left alone, 1.5 false positives at .2
    loss = tversky(0.2, 0.6, 0.0)(predicted, torch.zeros(1, 1, 1, 1, 4))
    assert loss.item() == pytest.approx(1 - 2.5 / (2.5 + 0.3))


def test_a_voxel_of_weight_two_counts_as_two() -> None:
    predicted, truth, weight = _images(5)
    twice = [torch.cat([x, x], dim=-1) for x in (predicted, truth)]
    one = tversky(0.3, 0.7, 0.0)(predicted, truth, 1 + weight)
    both = tversky(0.3, 0.7, 0.0)(
        *twice, torch.cat([torch.ones_like(weight), weight], -1)
    )
    assert one.item() == pytest.approx(both.item(), abs=1e-6)


@given(seed=st.integers(0, 10**6), bce=st.sampled_from([0.0, 0.3]))
@settings(deadline=None, max_examples=15)
def test_cross_entropy_is_added_to_the_overlap(seed: int, bce: float) -> None:
    predicted, truth, weight = _images(seed)
    prices = []
    for p, t, w in zip(
        predicted.double().numpy(), truth.numpy(), weight.numpy(), strict=True
    ):
        smooth = 0.01 * p.size
        hit = (p * t * w).sum() + smooth
        wrong = 0.5 * (p * (1 - t) * w).sum() + 1.5 * ((1 - p) * t * w).sum()
        bits = -(t * np.log(p) + (1 - t) * np.log(1 - p))
        prices.append(1 - hit / (hit + wrong) + bce * (bits * w).sum() / w.sum())
    loss = tversky_bce(0.5, 1.5, smooth=0.01, bce=bce)
    assert loss(predicted, truth, weight).item() == pytest.approx(
        np.mean(prices), abs=1e-4
    )


def test_logits_give_the_same_price_and_a_slope_where_sigmoids_are_flat() -> None:
    predicted, truth, weight = _images(1)
    loss = tversky_bce(0.5, 0.5)
    logits = predicted.logit()
    exact = loss(predicted, truth, weight, logits=logits)
    assert exact.item() == pytest.approx(
        loss(predicted, truth, weight).item(), abs=1e-5
    )
    lost = torch.full((1, 1, 2, 2, 2), -200.0, requires_grad=True)
    loss(lost.sigmoid(), torch.ones(1, 1, 2, 2, 2), logits=lost).backward()
    assert (lost.grad < -0.01).all()
