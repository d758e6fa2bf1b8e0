"""Embeddings become probabilities."""

from __future__ import annotations

import math

import pytest
import torch

from skoots.errors import ShapeError
from skoots.lib.embedding_to_prob import baked_embed_to_prob


def test_the_formula_holds_with_one_sigma_for_each_axis() -> None:
    embedding = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1, 1)
    probability = baked_embed_to_prob(
        embedding, torch.zeros_like(embedding), torch.tensor([1.0, 2.0, 4.0])
    )
    assert probability.shape == (1, 1, 1, 1, 1)
    assert probability.item() == pytest.approx(math.exp(-(1 + 1 + 9 / 16) / 2))


def test_floats_serve_as_sigma() -> None:
    embedding = torch.rand(2, 3, 2, 3, 4)
    target = torch.rand(2, 3, 2, 3, 4)
    as_tensor = baked_embed_to_prob(embedding, target, torch.tensor([1.0, 2.0, 3.0]))
    assert (baked_embed_to_prob(embedding, target, (1.0, 2.0, 3.0)) == as_tensor).all()
    assert as_tensor.shape == (2, 1, 2, 3, 4)


def test_gradients_are_those_of_the_formula() -> None:
    embedding = torch.rand(1, 3, 2, 1, 2, dtype=torch.float64, requires_grad=True)
    target = torch.rand(1, 3, 2, 1, 2, dtype=torch.float64)
    sigma = torch.tensor([1.0, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda e, s: baked_embed_to_prob(e, target, s), (embedding, sigma)
    )


def test_defect_27_half_precision_does_not_move_a_target() -> None:
    embedding = torch.full((1, 3, 1, 1, 1), 2048.0, dtype=torch.float16)
    target = torch.full((1, 3, 1, 1, 1), 2049.0)
    probability = baked_embed_to_prob(embedding, target, (1.0, 1.0, 1.0))
    assert probability.item() == pytest.approx(math.exp(-1.5))


def test_shapes_and_sigma_must_fit() -> None:
    maps = torch.zeros(1, 3, 2, 2, 2)
    with pytest.raises(ShapeError, match="differ"):
        baked_embed_to_prob(maps, maps[..., :1], (1.0, 1.0, 1.0))
    with pytest.raises(ShapeError, match="one number for each axis"):
        baked_embed_to_prob(maps, maps, (1.0,))
