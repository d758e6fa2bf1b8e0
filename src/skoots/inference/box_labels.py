"""Labels of one box that is cut out of a volume, of which nothing else is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastremap
import numpy as np
import torch

from skoots.inference.assign import UNKNOWN, follow
from skoots.inference.grow import grow_labels
from skoots.inference.label import label_components
from skoots.inference.skeleton_mask import skeleton_mask, threshold_byte

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.config import InferenceConfig
    from skoots.inference.answer import Answer
    from skoots.run.plan import RunPlan
    from skoots.volume.tiling import Box


def label_box(
    answer: Answer, region: Box, plan: RunPlan, settings: InferenceConfig
) -> NDArray[np.uint32]:
    """Label what the network said of a box, by all the rules of a run.

    What is too small is dropped, but not where the box cuts it: it may be larger.

    Parameters
    ----------
    answer : Answer
        Of the box.
    region : tuple of Span
        Where it lies on the network's grid.
    plan : RunPlan
        The grid, and the length of a vector.
    settings : InferenceConfig
        Thresholds, dilations, hops, sizes.

    Returns
    -------
    ndarray, (Z, Y, X), uint32
    """
    foreground = answer.probability > threshold_byte(settings.PROBABILITY_THRESHOLD)
    if not foreground.any():
        return np.zeros(foreground.shape, np.uint32)
    open_sides = [
        (span.start > 0, span.stop < n)
        for span, n in zip(region, plan.shape_zyx, strict=True)
    ]
    mask = skeleton_mask(
        answer.skeleton,
        answer.probability,
        answer.vectors,
        plan.model.vector_scaling_zyx,
        settings,
        open_sides,
    )
    skeletons = label_components(mask, settings.CONNECTIVITY)
    skeletons = _drop_small(skeletons, settings.MIN_SKELETON_VOXELS, open_sides)
    ids = follow(
        answer.vectors,
        skeletons,
        foreground,
        settings,
        plan.model.vector_scaling_zyx,
        torch.device("cpu"),
        origin=(region[0].start, region[1].start, region[2].start),
        volume_shape=plan.shape_zyx,
    )
    ids[ids == UNKNOWN] = 0  # the walk leaves the box: nobody knows where it ends
    grow_labels(ids, foreground, settings.GROW)
    return _drop_small(ids, settings.MIN_OBJECT_VOXELS, open_sides)


def _drop_small(
    labels: NDArray[np.uint32], least: int, open_sides: list[tuple[bool, bool]]
) -> NDArray[np.uint32]:
    """Erase objects of fewer voxels that lie wholly in the box."""
    ids, counts = fastremap.unique(labels, return_counts=True)
    small = ids[(counts < least) & (ids > 0)]
    if not small.size:
        return labels
    for axis, sides in enumerate(open_sides):
        for side, is_open in enumerate(sides):
            if is_open:
                small = np.setdiff1d(small, np.take(labels, -side, axis))
    return np.asarray(fastremap.mask(labels, small.tolist()), np.uint32)
