"""What holds for every loss, whatever its formula."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import SettingsError, ShapeError
from skoots.train.loss import Loss, make_loss

LOSSES = {
    "tversky": make_loss("tversky", ("alpha", "beta", "eps"), (0.25, 0.75, 1e-8)),
    "tversky_bce": make_loss("tversky_bce", ("alpha", "beta"), (0.5, 1.5)),
    "soft_cldice": make_loss("soft_cldice", (), ()),
}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
SHAPE = (2, 1, 6, 5, 4)


def _draw(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give logits, a truth and weights of 0, 1 and 2."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(SHAPE, generator=generator)
    truth = (torch.rand(SHAPE, generator=generator) > 0.6).float()
    weight = torch.randint(0, 3, SHAPE, generator=generator).float()
    return logits, truth, weight


@every_loss
@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=10)
def test_the_order_in_a_batch_does_not_matter(loss: Loss, seed: int) -> None:
    logits, truth, weight = _draw(seed)
    straight = loss(logits.sigmoid(), truth, weight)
    turned = loss(logits.sigmoid().flip(0), truth.flip(0), weight.flip(0))
    assert turned.item() == pytest.approx(straight.item(), abs=1e-6)


@every_loss
@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=10)
def test_what_is_not_known_costs_nothing_and_teaches_nothing(
    loss: Loss, seed: int
) -> None:
    logits, truth, weight = _draw(seed)
    logits.requires_grad_()
    price = loss(logits.sigmoid(), truth * (weight > 0), weight, logits=logits)
    price.backward()
    assert (logits.grad[weight == 0] == 0).all()
    assert logits.grad[weight > 0].any()
    other = torch.where(weight == 0, -logits, logits)
    again = loss(other.sigmoid(), truth * (weight > 0), weight, logits=other)
    assert again.item() == price.item()


@every_loss
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_perfect_prediction_costs_nothing(loss: Loss, share: float) -> None:
    truth = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0)) < share
    logits = torch.where(truth, 40.0, -40.0)
    price = loss(logits.sigmoid(), truth, torch.ones(SHAPE), logits=logits)
    assert price.item() == pytest.approx(0, abs=1e-5)


@every_loss
@pytest.mark.parametrize("sure", [-4.0, 0.0, 4.6], ids=["hardly", "half", "surely"])
def test_an_empty_crop_has_a_slope_for_false_positives(loss: Loss, sure: float) -> None:
    # the published one has none: 0 for a probability of .99 everywhere (defect 42)
    logits = torch.full(SHAPE, sure, requires_grad=True)
    loss(logits.sigmoid(), torch.zeros(SHAPE), logits=logits).backward()
    probability = logits.detach().sigmoid()
    slope = logits.grad / (probability * (1 - probability))
    # a tenth of a voxel's share at least, as in crops that hold objects
    assert (slope * logits.numel() > 0.1).all()


@every_loss
def test_an_empty_crop_costs_less_the_less_is_predicted(loss: Loss) -> None:
    empty = torch.zeros(SHAPE)
    prices = [loss(torch.full(SHAPE, p), empty).item() for p in (0, 0.1, 0.5, 0.9, 1)]
    assert prices[0] == pytest.approx(0, abs=1e-6)
    assert prices == sorted(prices)
    assert prices[-1] > 0.4


@every_loss
def test_a_batch_of_which_nothing_is_known_costs_nothing(loss: Loss) -> None:
    logits, truth, weight = _draw(0)
    logits.requires_grad_()
    price = loss(logits.sigmoid(), truth * 0, weight * 0, logits=logits)
    price.backward()
    assert price.item() == pytest.approx(0, abs=1e-6)
    assert (logits.grad == 0).all()


@every_loss
def test_ids_count_as_true(loss: Loss) -> None:
    logits, truth, weight = _draw(3)
    ids = truth.int() * 7
    assert loss(logits.sigmoid(), ids, weight) == loss(logits.sigmoid(), truth, weight)


@every_loss
def test_other_shapes_are_refused(loss: Loss) -> None:
    with pytest.raises(ShapeError, match="cannot be compared"):
        loss(torch.rand(SHAPE), torch.zeros(SHAPE[1:]))


def test_a_loss_that_is_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match="'tversky'; known are tversky, tversky_b"):
        make_loss("tverski", (), ())


def test_arguments_that_a_loss_does_not_take_are_named() -> None:
    with pytest.raises(SettingsError, match="takes iter_, alpha, smooth"):
        make_loss("soft_cldice", ("alpha", "beta"), (0.5, 0.5))
    with pytest.raises(SettingsError, match="1 names of arguments and 2 values"):
        make_loss("tversky", ("alpha",), (0.5, 0.5))


def test_arguments_arrive() -> None:
    loss = make_loss("tversky_bce", ("beta", "bce", "alpha"), (0.7, 0.1, 0.2))
    assert repr(loss) == "tversky_bce(alpha=0.2, beta=0.7, smooth=0.005, bce=0.1)"
    loss = make_loss("soft_cldice", ("iter_", "alpha"), (2.0, 0.25))
    assert repr(loss) == "soft_dice_cldice(iter_=2, alpha=0.25, smooth=1.0)"
