"""Dice of masks and skeletons notices what dice alone does not."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import max_pool3d, relu

from skoots.train.loss import soft_dice_cldice
from skoots.train.losses.soft_skeleton import soft_skeleton


def _bar(length: int = 15) -> torch.Tensor:
    """A bar of 5 x 5 voxels along Z in the middle of a volume."""
    mask = torch.zeros(1, 1, 11, 11, length + 4)
    mask[..., 3:8, 3:8, 2 : 2 + length] = 1
    return mask


def test_the_skeleton_of_a_bar_is_its_axis() -> None:
    skeleton = soft_skeleton(_bar(), 3)
    middle = skeleton[0, 0, :, :, 9]
    assert middle[5, 5] == 1
    assert middle.sum() == 1
    assert ((skeleton == 0) | (_bar() == 1)).all()


def test_too_few_iterations_do_not_reach_the_axis() -> None:
    assert soft_skeleton(_bar(), 1)[0, 0, 5, 5, 9] == 0


def test_published_values_are_met() -> None:
    # what skoots 0.0.5 gives for these numbers
    torch.manual_seed(0)
    predicted = torch.rand(2, 1, 9, 8, 7)
    truth = (torch.rand(2, 1, 9, 8, 7) > 0.7).float()
    assert soft_dice_cldice()(predicted, truth).item() == pytest.approx(
        0.6104186773300171, abs=1e-6
    )
    assert soft_dice_cldice(2, 0.3, 0.5)(predicted, truth).item() == pytest.approx(
        0.6118359565734863, abs=1e-6
    )


def test_a_cut_through_a_bar_costs_more_than_a_slice_off_its_side() -> None:
    truth = _bar()
    cut, shaved = truth.clone(), truth.clone()
    cut[..., 8:10] = 0  # 50 voxels
    shaved[..., 3, 3:8, 2:12] = 0  # as many
    loss = soft_dice_cldice(alpha=1.0)
    assert loss(cut, truth) > 2 * loss(shaved, truth)


def test_only_the_share_of_the_skeletons_is_changed_by_alpha() -> None:
    truth = _bar()
    predicted = (truth * 0.8 + 0.1).clamp(0, 1)
    masks, half, skeletons = (
        soft_dice_cldice(alpha=alpha)(predicted, truth).item()
        for alpha in (0.0, 0.5, 1.0)
    )
    assert half == pytest.approx((masks + skeletons) / 2, abs=1e-6)
    hit, size = float((truth * predicted).sum()), float(truth.sum() + predicted.sum())
    assert masks == pytest.approx(1 - (2 * hit + 1) / (size + 1), abs=1e-5)


def _pooled(mask: torch.Tensor, iterations: int) -> torch.Tensor:
    """The paper's algorithm, by pooling."""

    def erode(x: torch.Tensor) -> torch.Tensor:
        parts = [
            -max_pool3d(-x, window, 1, [n // 2 for n in window])
            for window in ((3, 1, 1), (1, 3, 1), (1, 1, 3))
        ]
        return torch.stack(parts).amin(dim=0)

    def ridge(x: torch.Tensor) -> torch.Tensor:
        return relu(x - max_pool3d(erode(x), 3, 1, 1))

    skeleton = ridge(mask)
    for _ in range(iterations):
        mask = erode(mask)
        skeleton = skeleton + relu(ridge(mask) * (1 - skeleton))
    return skeleton


@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    iterations=st.integers(0, 4),
)
@settings(deadline=None, max_examples=30)
def test_soft_skeletons_are_those_of_the_paper(
    seed: int, shape: tuple[int, int, int], iterations: int
) -> None:
    mask = torch.rand((2, 1, *shape), generator=torch.Generator().manual_seed(seed))
    expected = _pooled(mask, iterations)
    assert torch.allclose(soft_skeleton(mask, iterations), expected, atol=1e-6)
