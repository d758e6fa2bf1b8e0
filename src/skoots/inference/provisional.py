"""Labels to look at while a run goes on: those that a block sees by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.inference.assign import follow
from skoots.inference.label import label_components
from skoots.inference.merge_table import first_voxels
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
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int64]]:
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
    labels : ndarray, (Z, Y, X), uint32
    ids : ndarray, (N,), uint32
        Of all skeletons.
    first : ndarray, (N,), int64
        The first voxel of each, by its place in the block.
    """
    foreground = answer.probability > threshold_byte(settings.PROBABILITY_THRESHOLD)
    if not foreground.any():
        none = np.zeros(0, np.int64)
        return np.zeros(foreground.shape, np.uint32), none.astype(np.uint32), none
    scale = plan.model.vector_scaling_zyx
    mask = skeleton_mask(
        answer.skeleton, answer.probability, answer.vectors, scale, settings
    )
    components = label_components(mask, settings.CONNECTIVITY)
    ids = follow(
        answer.vectors,
        components,
        foreground,
        settings,
        scale,
        torch.device("cpu"),
    )
    number, blocks = place
    step = (LAST_ID - FIRST_PROVISIONAL) // blocks
    before = np.uint32(FIRST_PROVISIONAL - 1 + number * step)
    ids[ids > 0] += before
    first = first_voxels(components)
    return ids, np.arange(1, len(first) + 1, dtype=np.uint32) + before, first
