"""What a training minimises: vectors, skeleton and probability against the truth.

::

    raw 0-2 --> tanh --> where each voxel points --> how near it comes --> embedding
    raw 3 ----> sigmoid -------------------------------------------------> skeleton
    raw 4 ----> sigmoid -------------------------------------------------> probability

Vectors count on objects alone, the two masks wherever something is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch

from skoots.lib.embedding_to_prob import baked_embed_to_prob
from skoots.lib.vector_to_embedding import vector_to_embedding
from skoots.model.prediction import Prediction
from skoots.train.loss import make_loss
from skoots.train.sigma import Sigma, init_sigma

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.config import Settings
    from skoots.train.batch import Batch
    from skoots.train.loss import Loss

REACH = 0.98
"""Longest vector that is asked for, of VECTOR_SCALING: tanh is 1 at infinity only."""


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What a batch costs; each a Tensor, (), float32."""

    total: Tensor
    """The weighted sum of the terms that count in this epoch; has a gradient."""

    embedding: Tensor
    probability: Tensor
    skeleton: Tensor
    """The terms, unweighted, whether they count or not."""


@dataclass(frozen=True, slots=True)
class Term:
    """One of the three losses and its part in the sum."""

    loss: Loss

    weight: float
    """In the sum."""

    start_epoch: int
    """It counts in epochs after this one."""

    def counts(self, epoch: int) -> bool:
        """Tell whether it is part of the sum in an epoch, from 0."""
        return epoch > self.start_epoch and self.weight > 0


@dataclass(frozen=True, slots=True)
class Objective:
    """The sum of three losses, by the settings of a training."""

    embedding: Term
    probability: Term
    skeleton: Term

    sigma: Sigma
    """Tolerance of the vectors, by the epoch."""

    sigma_floor: float
    """Voxels below which the tolerance does not fall."""

    vector_scaling: tuple[float, float, float]
    """Voxels along X, Y, Z that a vector of length one spans."""

    background_weight: float = 1.0
    """What a voxel of known background counts."""

    distance_limit: float | None = None
    """Voxels from its skeleton within which a vector counts; None: everywhere."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make the objective that settings describe.

        Raises
        ------
        SettingsError
            If a loss is not known or does not take its arguments.
        """
        sparse = settings.EXPERIMENTAL.IS_SPARSE
        multiplier = settings.EXPERIMENTAL.SPARSE_BACKGROUND_PENALTY_MULTIPLIER
        return cls(
            embedding=_term(settings, "EMBED"),
            probability=_term(settings, "PROBABILITY"),
            skeleton=_term(settings, "SKELETON"),
            sigma=init_sigma(settings, "cpu"),
            sigma_floor=settings.TRAINER.SIGMA_FLOOR,
            vector_scaling=settings.SKOOTS.VECTOR_SCALING,
            background_weight=float(multiplier) if sparse else 1.0,
            distance_limit=settings.EXPERIMENTAL.DIST_THR if sparse else None,
        )

    def __call__(self, raw: Tensor, batch: Batch, epoch: int) -> Losses:
        """Compare a network's answer with the targets.

        Parameters
        ----------
        raw : Tensor, (B, 5, X, Y, Z), floating point
            The answer before its activation; float32 from here on.
        batch : Batch
            On the same device.
        epoch : int
            From 0.

        Returns
        -------
        Losses
        """
        with torch.autocast(raw.device.type, enabled=False):
            answer = Prediction.split(raw.float())
            masks = batch.masks > 0
            weight = torch.where(masks, 1.0, self.background_weight) * batch.weight
            with torch.set_grad_enabled(self._learns(self.embedding, epoch)):
                embedding = self._embedding_loss(answer.vectors, batch, epoch)
            with torch.set_grad_enabled(self._learns(self.skeleton, epoch)):
                skeleton = _mask_loss(
                    self.skeleton, answer.skeleton, batch.skeleton, weight
                )
            with torch.set_grad_enabled(self._learns(self.probability, epoch)):
                probability = _mask_loss(
                    self.probability, answer.probability, masks, weight
                )
        # an empty sum, so that there is a gradient also while no term counts
        total = raw.flatten()[:0].float().sum()
        for term, value in (
            (self.embedding, embedding),
            (self.probability, probability),
            (self.skeleton, skeleton),
        ):
            if term.counts(epoch):
                total = total + term.weight * value
        return Losses(
            total, embedding.detach(), probability.detach(), skeleton.detach()
        )

    def _learns(self, term: Term, epoch: int) -> bool:
        return torch.is_grad_enabled() and term.counts(epoch)

    def _embedding_loss(self, vectors: Tensor, batch: Batch, epoch: int) -> Tensor:
        scale = torch.tensor(self.vector_scaling, device=vectors.device)
        embedding = vector_to_embedding(scale, vectors.tanh())
        here = vector_to_embedding(scale, torch.zeros_like(vectors[:1]))  # (1, 3, ...)
        reach = REACH * scale.view(1, -1, 1, 1, 1)
        target = batch.baked.float().clamp(here - reach, here + reach)
        sigma = self.sigma(epoch).clamp_min(self.sigma_floor)
        near = baked_embed_to_prob(embedding, target, sigma)
        counts = (batch.masks > 0) & (batch.weight > 0)
        if self.distance_limit is not None:
            distance = (batch.baked - here).square().sum(dim=1, keepdim=True).sqrt()
            counts &= distance <= self.distance_limit
        return self.embedding.loss(near, counts, counts.float())


def _mask_loss(term: Term, logits: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    return term.loss(logits.sigmoid(), truth, weight, logits=logits)


def _term(settings: Settings, name: str) -> Term:
    train, key = settings.TRAIN, f"LOSS_{name}"
    return Term(
        make_loss(
            getattr(train, key),
            getattr(train, f"{key}_KEYWORDS"),
            getattr(train, f"{key}_VALUES"),
        ),
        getattr(train, f"{key}_RELATIVE_WEIGHT"),
        getattr(train, f"{key}_START_EPOCH"),
    )
