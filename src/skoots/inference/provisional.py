"""Labels to look at while a run goes on: those that a block sees by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.inference.assign import follow
from skoots.inference.label import label_components
from skoots.inference.skeleton_mask import skeleton_mask, threshold_byte
from skoots.run.shared_chunks import FIRST_PROVISIONAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.config import InferenceConfig
    from skoots.inference.answer import Answer
    from skoots.run.plan import RunPlan

LAST_ID = 2**32 - 2
"""The largest id; the number above it marks a walk that left its region."""


def provisional_instances(
    answer: Answer, plan: RunPlan, settings: InferenceConfig, place: tuple[int, int]
) -> NDArray[np.uint32]:
    """Label one block as if nothing were around it.

    Parameters
    ----------
    answer : Answer
        Of the block.
    plan : RunPlan
        Holds the length of a vector.
    settings : InferenceConfig
        Thresholds, dilations and hops.
    place : tuple of int
        Number of the block, and how many there are: each has a range of ids to itself,
        so that neighbours differ in colour. None is an id that a final object or what a
        person paints may have.

    Returns
    -------
    ndarray, (Z, Y, X), uint32
    """
    foreground = answer.probability > threshold_byte(settings.PROBABILITY_THRESHOLD)
    if not foreground.any():
        return np.zeros(foreground.shape, np.uint32)
    mask = skeleton_mask(answer.skeleton, answer.probability, settings)
    ids = follow(
        answer.vectors,
        label_components(mask, settings.CONNECTIVITY),
        foreground,
        settings,
        plan.model.vector_scaling_zyx,
        torch.device("cpu"),
    )
    number, blocks = place
    step = (LAST_ID - FIRST_PROVISIONAL) // blocks
    ids[ids > 0] += np.uint32(FIRST_PROVISIONAL - 1 + number * step)
    return ids
