"""Labels that somebody has already: whether they fit an image, and their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import TrainingError

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.volume.array_source import Array


def check_labels(labels: Array, shape: Shape3) -> None:
    """Refuse labels of another extent, or that hold no ids.

    Raises
    ------
    TrainingError
        That says why.
    """
    there = tuple(labels.shape)
    if there != shape:
        raise TrainingError(
            f"The labels have {there} voxels and the image {shape} (Z, Y, X). Choose "
            "labels that were painted on this image."
        )
    if np.dtype(labels.dtype).kind not in "iub":
        raise TrainingError(
            f"The labels are of the type {np.dtype(labels.dtype)}, which holds no ids. "
            "Choose a layer of labels, or convert it to whole numbers."
        )


def as_ids(part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give a part of labels as numbers from 0 that fit into an example.

    Raises
    ------
    TrainingError
        If one is too large.
    """
    most = int(part.max(initial=0))
    if most > np.iinfo(np.uint32).max:
        raise TrainingError(
            f"The labels hold the id {most}, and {np.iinfo(np.uint32).max} is the "
            "largest. Number the objects from 1."
        )
    return np.maximum(part, 0).astype(np.uint32) if part.dtype.kind == "i" else part
