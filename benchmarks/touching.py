"""How a segmentation fares on the objects that touch another one.

An object of the truth touches when at least 5 % of the voxels of its surface have a
voxel of another object near them. Its surface are its voxels that have something else
across a face; the faces of the volume cut objects off and are no surface. Near means in
the box round it that reaches one voxel farther than `gap`, which is counted in voxels
along X: with a gap of 0, whatever touches by a face, an edge or a corner; with a gap of
1, one voxel may lie between. Who annotates electron microscopy by hand often leaves
that line between two objects. Along Z, where voxels may be longer, the box reaches at
least one voxel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from skoots.validate.labels import open_labels
from skoots.validate.overlap import count_overlap, list_objects, list_pairs
from skoots.validate.scores import SPLIT_SHARE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.validate.overlap import Objects, Pairs

LEAST_SHARE = 0.05
"""Of the surface of an object that touches."""

SAME_IOU = 0.5
"""Above it two objects are the same one, and there is one such partner at most."""

SWALLOWED = 0.5
"""Above this share of it, a true object lies in the predicted one."""

_BEYOND = -1
"""Stands for what lies beyond the volume."""

_FACES = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """What became of the objects; ids of the truth and of the prediction."""

    found: dict[int, int]
    """True objects and the predicted one that is the same, at an IoU above 0.5."""

    merged: dict[int, int]
    """True objects that lie by more than half in a predicted one, together with
    another; and that predicted one."""

    split: dict[int, tuple[int, ...]]
    """True objects of which two or more predicted ones hold a quarter each; those."""


@dataclass(frozen=True, slots=True)
class TouchingScores:
    """Scores of the objects that touch another one; plain numbers, ready for JSON."""

    objects: int
    """True objects that touch another one."""

    recall_50: float | None
    """Share of them that a predicted object matches at an IoU above 0.5."""

    merged: int
    """How many of them lie in a predicted object together with another true one."""

    merges: int
    """In how many predicted objects those lie."""

    splits: int
    """Of how many of them two or more predicted objects hold a quarter each."""


def touching_shares(
    labels: NDArray[Any], step: float = 1.0, gap: int = 1
) -> dict[int, float]:
    """Tell which share of its surface each object has another one near.

    Parameters
    ----------
    labels : ndarray of integers, (Z, Y, X)
        0 is background.
    step : float
        Length of a voxel along Z, of that along X and Y.
    gap : int
        Voxels along X that may lie between two objects that touch.

    Returns
    -------
    dict
        From 0 to 1 for each id.
    """
    deep = max(1, int((gap + 1) / step))
    reach = deep, gap + 1, gap + 1
    dense, ids = _dense(labels)
    padded = np.pad(dense, [(n, n) for n in reach], constant_values=_BEYOND)
    shares = {}
    for number, box in enumerate(ndimage.find_objects(dense), start=1):
        wide = tuple(
            slice(part.start, part.stop + 2 * n)
            for part, n in zip(box, reach, strict=True)
        )
        shares[int(ids[number])] = _share(padded[wide], number, reach)
    return shares


def touching_ids(labels: NDArray[Any], step: float = 1.0, gap: int = 1) -> list[int]:
    """List the objects that touch another one; arguments as of `touching_shares`."""
    shares = touching_shares(labels, step, gap)
    return [label for label, share in shares.items() if share >= LEAST_SHARE]


def find_mistakes(predicted: NDArray[Any], truth: NDArray[Any]) -> Mistakes:
    """Compare two label volumes of one shape, (Z, Y, X), object by object."""
    overlap = count_overlap(open_labels(predicted), open_labels(truth))
    true = list_objects(overlap.truth, overlap.voxels)
    found = list_objects(overlap.predicted, overlap.voxels)
    pairs = list_pairs(overlap, true, found)
    held = pairs.voxels / true.voxels[pairs.truth]
    inside = held > SWALLOWED  # of one predicted object at most
    others = np.bincount(pairs.predicted[inside], minlength=len(found.ids))
    merged = inside & (others[pairs.predicted] >= 2)
    quarter = held >= SPLIT_SHARE
    parts = np.bincount(pairs.truth[quarter], minlength=len(true.ids))
    split: dict[int, tuple[int, ...]] = {}
    for whole, part in _listed(pairs, quarter & (parts[pairs.truth] >= 2), true, found):
        split[whole] = (*split.get(whole, ()), part)
    return Mistakes(
        found=dict(_listed(pairs, pairs.iou > SAME_IOU, true, found)),
        merged=dict(_listed(pairs, merged, true, found)),
        split=split,
    )


def score_touching(mistakes: Mistakes, touching: list[int]) -> TouchingScores:
    """Count what became of the true objects that touch another one.

    Parameters
    ----------
    mistakes : Mistakes
        Of the whole volume.
    touching : list of int
        Their ids.
    """
    found = sum(label in mistakes.found for label in touching)
    merged = [mistakes.merged[label] for label in touching if label in mistakes.merged]
    return TouchingScores(
        objects=len(touching),
        recall_50=found / len(touching) if touching else None,
        merged=len(merged),
        merges=len(set(merged)),
        splits=sum(label in mistakes.split for label in touching),
    )


def _listed(
    pairs: Pairs, rows: NDArray[np.bool_], true: Objects, found: Objects
) -> list[tuple[int, int]]:
    """Give the ids of some pairs, the true one first."""
    these = true.ids[pairs.truth[rows]].tolist()
    those = found.ids[pairs.predicted[rows]].tolist()
    return list(zip(these, those, strict=True))


def _dense(labels: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Number the objects from 1; and give their ids by number."""
    ids, found = np.unique(labels, return_inverse=True)
    dense = found.reshape(labels.shape).astype(np.int32)
    if ids[0] != 0:  # there is no background
        dense += 1
        ids = np.insert(ids, 0, 0)
    return dense, ids


def _share(part: NDArray[np.int32], number: int, reach: tuple[int, ...]) -> float:
    """Measure one object in its box, which is wider than it by the reach."""
    kept = tuple(slice(n, -n) for n in reach)
    own = part == number
    near = ndimage.maximum_filter((part > 0) & ~own, [2 * n + 1 for n in reach])[kept]
    inside = ndimage.binary_erosion(own | (part == _BEYOND), _FACES)[kept]
    surface = own[kept] & ~inside
    return float(near[surface].mean()) if surface.any() else 0.0
