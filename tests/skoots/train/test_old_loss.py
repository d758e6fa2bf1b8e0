"""Losses of the small loop fall towards the truth, where something is known."""

from __future__ import annotations

import pytest
import torch

from skoots.train.old_loss import embedding_loss, mask_loss, tversky_loss


def test_tversky_by_hand() -> None:
    prediction = torch.tensor([1.0, 1.0, 0.0, 0.0])
    truth = torch.tensor([1.0, 0.0, 1.0, 0.0])
    # one hit, one false positive at .25, one miss at .75, nothing added
    loss = tversky_loss(
        prediction, truth, torch.ones(4), alpha=0.25, beta=0.75, smooth=0.0
    )
    assert loss.item() == pytest.approx(1 - 1 / 2)


def test_an_empty_crop_still_punishes_false_positives() -> None:
    # the published loss has no gradient here (defect 42)
    logits = torch.full((1, 1, 4, 4, 4), 3.0, requires_grad=True)
    empty, known = torch.zeros(logits.shape), torch.ones(logits.shape)
    mask_loss(logits, empty, known, alpha=0.5, beta=0.5).backward()
    assert (logits.grad > 1e-3).all()


def test_what_is_not_known_costs_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((1, 1, 4, 4, 4), generator=generator, requires_grad=True)
    truth = (torch.rand(logits.shape, generator=generator) > 0.5).float()
    weight = torch.ones(logits.shape)
    weight[..., 2:] = 0
    mask_loss(logits, truth, weight, alpha=0.5, beta=1.5).backward()
    assert (logits.grad[..., 2:] == 0).all()
    assert (logits.grad[..., :2] != 0).all()


def test_vectors_that_end_on_the_skeleton_cost_nothing() -> None:
    offsets = torch.randn((1, 3, 4, 4, 4), generator=torch.Generator().manual_seed(0))
    foreground = torch.ones((1, 1, 4, 4, 4))
    assert embedding_loss(offsets, offsets, foreground, 2.9).item() == pytest.approx(0)
    far = embedding_loss(offsets + 5, offsets, foreground, 2.9)
    farther = embedding_loss(offsets + 9, offsets, foreground, 2.9)
    assert 0 < far < farther


def test_background_vectors_are_free() -> None:
    vectors = torch.zeros((1, 3, 2, 2, 2), requires_grad=True)
    offsets = torch.ones((1, 3, 2, 2, 2))
    foreground = torch.zeros((1, 1, 2, 2, 2))
    foreground[0, 0, 0] = 1
    embedding_loss(vectors, offsets, foreground, 5.0).backward()
    assert (vectors.grad[0, :, 0] != 0).all()
    assert (vectors.grad[0, :, 1] == 0).all()
