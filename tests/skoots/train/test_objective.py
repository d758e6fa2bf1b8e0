"""The sum of three losses: what it is made of, when, and over which voxels."""

from __future__ import annotations

import pytest
import torch

from skoots.config import Settings
from skoots.lib.embedding_to_prob import baked_embed_to_prob
from skoots.train.batch import Batch
from skoots.train.loss import tversky
from skoots.train.objective import Objective

SHAPE = (8, 7, 6)
SCALE = (10.0, 10.0, 5.0)


def _batch(seed: int = 0) -> Batch:
    """Two crops; the second half of Y is background, the last plane of Z unknown."""
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(1, 4, (2, 1, *SHAPE), generator=generator).int()
    masks[:, :, :, 4:] = 0
    masks[..., 5] = 0
    weight = torch.ones(2, 1, *SHAPE)
    weight[..., 5] = 0
    steps = 8 * torch.rand((2, 3, *SHAPE), generator=generator) - 4
    baked = (_here() + steps) * (masks > 0)
    skeleton = torch.rand((2, 1, *SHAPE), generator=generator) > 0.7
    skeleton = (skeleton & (masks > 0)).float()
    return Batch(torch.zeros(2, 1, *SHAPE), masks, baked, skeleton, weight)


def _here() -> torch.Tensor:
    axes = [torch.arange(n, dtype=torch.float32) for n in SHAPE]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def _raw(seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((2, 5, *SHAPE), generator=generator).requires_grad_()


def _perfect(batch: Batch) -> torch.Tensor:
    scale = torch.tensor(SCALE).view(1, 3, 1, 1, 1)
    vectors = ((batch.baked - _here()) / scale).clamp(-0.98, 0.98).atanh()
    sure = 80 * torch.cat([batch.skeleton, (batch.masks > 0).float()], dim=1) - 40
    return torch.cat([vectors, sure], dim=1)


def _objective(**sections: dict[str, object]) -> Objective:
    sections.setdefault("TRAIN", {})
    sections["SKOOTS"] = {"VECTOR_SCALING": SCALE}
    return Objective.from_settings(Settings.from_dict(sections))


def test_a_perfect_answer_costs_nothing() -> None:
    batch = _batch()
    losses = _objective()(_perfect(batch), batch, epoch=11)
    for value in (losses.total, losses.embedding, losses.probability, losses.skeleton):
        assert value.item() == pytest.approx(0, abs=1e-5)


def test_each_loss_is_the_named_one_over_what_is_known() -> None:
    train = {"INITIAL_SIGMA": [6, 5, 4], "SIGMA_DECAY": [[0.5, 2]]}
    batch, raw = _batch(), _raw()
    losses = _objective(TRAIN=train)(raw, batch, epoch=3)
    scale = torch.tensor(SCALE).view(1, 3, 1, 1, 1)
    pointed = _here() + raw[:, :3].tanh() * scale
    near = baked_embed_to_prob(pointed, batch.baked, (3.0, 2.5, 2.0))
    objects = (batch.masks > 0).float()
    assert losses.embedding.item() == pytest.approx(
        tversky(0.25, 0.75)(near, objects, objects).item(), abs=1e-5
    )
    skeleton = tversky(0.5, 1.5)(raw[:, 3:4].sigmoid(), batch.skeleton, batch.weight)
    assert losses.skeleton.item() == pytest.approx(skeleton.item(), abs=1e-6)
    probability = tversky(0.5, 0.5)(raw[:, 4:5].sigmoid(), objects, batch.weight)
    assert losses.probability.item() == pytest.approx(probability.item(), abs=1e-6)


def test_a_term_counts_after_its_start_epoch_and_by_its_weight() -> None:
    train = {
        "LOSS_EMBED_RELATIVE_WEIGHT": 2.0,
        "LOSS_PROBABILITY_START_EPOCH": 3,
        "LOSS_SKELETON_START_EPOCH": 10,
        "LOSS_SKELETON_RELATIVE_WEIGHT": 0.5,
    }
    objective, batch = _objective(TRAIN=train), _batch()
    for epoch, probability, skeleton in ((3, 0, 0), (4, 1, 0), (10, 1, 0), (11, 1, 1)):
        raw = _raw()
        losses = objective(raw, batch, epoch)
        expected = 2 * losses.embedding + probability * losses.probability
        expected = expected + 0.5 * skeleton * losses.skeleton
        assert losses.total.item() == pytest.approx(expected.item(), abs=1e-6)
        losses.total.backward()
        assert raw.grad[:, :3].any()
        assert bool(raw.grad[:, 4].any()) == bool(probability)
        assert bool(raw.grad[:, 3].any()) == bool(skeleton)


def test_while_nothing_counts_every_gradient_is_zero() -> None:
    train = {
        f"LOSS_{name}_START_EPOCH": 5 for name in ("EMBED", "PROBABILITY", "SKELETON")
    }
    raw = _raw()
    losses = _objective(TRAIN=train)(raw, _batch(), epoch=0)
    losses.total.backward()
    assert losses.total.item() == 0
    assert losses.embedding.item() > 0
    assert not raw.grad.any()


def test_unknown_voxels_and_vectors_of_the_background_teach_nothing() -> None:
    raw = _raw()
    _objective()(raw, _batch(), epoch=11).total.backward()
    assert not raw.grad[..., 5].any()
    assert not raw.grad[:, :3, :, 4:].any()
    assert raw.grad[:, 3:, :, 4:, :5].all()


def test_a_target_beyond_the_reach_of_tanh_is_brought_near() -> None:
    batch = _batch()
    far = _here() + 50.0 * (batch.masks > 0)  # five times VECTOR_SCALING
    batch = Batch(batch.image, batch.masks, far, batch.skeleton, batch.weight)
    losses = _objective()(_perfect(batch), batch, epoch=0)
    assert losses.embedding.item() == pytest.approx(0, abs=1e-5)


def test_sigma_stops_at_its_floor() -> None:
    train = {"INITIAL_SIGMA": [6, 6, 6], "SIGMA_DECAY": [[0.5, 2], [0.1, 4]]}
    floored = _objective(TRAIN=train, TRAINER={"SIGMA_FLOOR": 3.0})
    raw, batch = _raw(), _batch()
    late = floored(raw, batch, epoch=5).embedding
    assert late == floored(raw, batch, epoch=3).embedding
    assert late < _objective(TRAIN=train)(raw, batch, epoch=5).embedding


def test_sparse_settings_weigh_the_background_and_limit_the_vectors() -> None:
    raw, batch = _raw(), _batch()
    extra = {"DIST_THR": 3.0, "SPARSE_BACKGROUND_PENALTY_MULTIPLIER": 4.0}
    losses = _objective(EXPERIMENTAL={**extra, "IS_SPARSE": True})(raw, batch, 11)
    objects = (batch.masks > 0).float()
    weight = batch.weight * (objects + 4 * (1 - objects))
    probability = tversky(0.5, 0.5)(raw[:, 4:5].sigmoid(), objects, weight)
    assert losses.probability.item() == pytest.approx(probability.item(), abs=1e-6)
    losses.total.backward()
    distance = (batch.baked - _here()).norm(dim=1, keepdim=True)
    near = (distance <= 3) & (batch.masks > 0)
    taught = (raw.grad[:, :3] != 0).any(dim=1, keepdim=True)
    assert (taught == near).all()
    assert near.any(), "test invalid: no voxel is near its skeleton"


def test_without_is_sparse_these_settings_change_nothing() -> None:
    extra = {"DIST_THR": 1.0, "SPARSE_BACKGROUND_PENALTY_MULTIPLIER": 4.0}
    raw, batch = _raw(), _batch()
    plain = _objective()(raw, batch, 11).total
    assert _objective(EXPERIMENTAL=extra)(raw, batch, 11).total == plain


def test_half_precision_answers_are_judged_in_float32() -> None:
    raw, batch = _raw().detach().bfloat16(), _batch()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = _objective()(raw, batch, 11)
    plain = _objective()(raw.float(), batch, 11)
    assert mixed.total.dtype == torch.float32
    assert mixed.total == plain.total


@pytest.mark.parametrize("name", ["tversky_bce", "soft_cldice"])
def test_every_loss_serves_every_part(name: str) -> None:
    prices = {"tversky_bce": (["alpha", "beta"], [0.5, 0.5]), "soft_cldice": ([], [])}
    train: dict[str, object] = {}
    for part in ("EMBED", "PROBABILITY", "SKELETON"):
        train[f"LOSS_{part}"] = name
        train[f"LOSS_{part}_KEYWORDS"], train[f"LOSS_{part}_VALUES"] = prices[name]
    raw, batch = _raw(), _batch()
    _objective(TRAIN=train)(raw, batch, 11).total.backward()
    assert raw.grad.isfinite().all()
    assert raw.grad[:, :3].any()
