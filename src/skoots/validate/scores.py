"""How well two instance segmentations of one volume agree.

Objects are matched one to one: a true object counts for at most one predicted object
and the other way round, so that neither splitting nor merging can be rewarded twice. A
pair may match when its intersection over union (IoU) reaches a threshold; of all ways
to match, the one with the most pairs is taken, and among those the one with the highest
sum of IoU.

With the matched pairs TP, the predicted objects without a partner FP and the true ones
without a partner FN::

    precision = TP / (TP + FP)          recall = TP / (TP + FN)
    F1        = 2 TP / (2 TP + FP + FN)
    SQ = mean IoU of the pairs   RQ = F1   PQ = SQ * RQ         (at IoU 0.5)

The average best overlap asks less: the mean, over the true objects, of the highest IoU
that any predicted object has with it (Uijlings et al., IJCV 2013). It moves where no
pair reaches a threshold yet, and does not see what is predicted beside.

When neither volume holds an object they agree and every ratio is 1; when only one of
them does, every ratio is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skoots.validate.labels import open_labels
from skoots.validate.overlap import (
    BLOCK_ZYX,
    Overlap,
    count_overlap,
    list_objects,
    list_pairs,
)

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.validate.overlap import Pairs
    from skoots.volume.source import Source

    Labels: TypeAlias = str | PathLike[str] | NDArray[np.generic] | Source

IOU_THRESHOLDS: tuple[float, ...] = tuple(n / 100 for n in range(50, 100, 5))
"""Where the mean F1 is taken: 0.50, 0.55 ... 0.95."""

SPLIT_SHARE = 0.25
"""The share of an object that another one must hold to count as a part of it."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The one-to-one pairs at one IoU threshold, and what was left over."""

    threshold: float
    """IoU that a pair reaches at least."""

    iou: NDArray[np.float64]
    """IoU of the matched pairs, (TP,)."""

    predicted: int
    """Objects in the prediction."""

    truth: int
    """Objects in the truth."""

    @property
    def precision(self) -> float:
        """Share of the predicted objects that have a partner."""
        return _ratio(len(self.iou), self.predicted, empty=self.truth == 0)

    @property
    def recall(self) -> float:
        """Share of the true objects that have a partner."""
        return _ratio(len(self.iou), self.truth, empty=self.predicted == 0)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; the recognition quality."""
        return _ratio(2 * len(self.iou), self.predicted + self.truth, empty=True)

    @property
    def quality(self) -> float:
        """Mean IoU of the pairs; the segmentation quality."""
        if len(self.iou):
            return float(self.iou.mean())
        return float(self.predicted == self.truth == 0)


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything that `score` reports; plain numbers, ready for JSON."""

    objects_predicted: int
    """Objects in the prediction."""

    objects_truth: int
    """Objects in the truth."""

    precision_50: float
    recall_50: float
    f1_50: float
    """At IoU 0.5."""

    precision_75: float
    recall_75: float
    f1_75: float
    """At IoU 0.75."""

    f1_mean: float
    """Mean of F1 at IoU 0.50, 0.55 ... 0.95."""

    panoptic_quality: float
    """PQ = SQ * RQ at IoU 0.5."""

    segmentation_quality: float
    """SQ, the mean IoU of the pairs at IoU 0.5."""

    recognition_quality: float
    """RQ, which is F1 at IoU 0.5."""

    semantic_iou: float
    """IoU of foreground against foreground, whatever the ids."""

    average_best_overlap: float
    """Mean over the true objects of the highest IoU that a predicted one has."""

    splits: int
    """True objects of which two or more predicted ones hold a quarter each."""

    merges: int
    """Predicted objects of which two or more true ones hold a quarter each."""


def score(predicted: Labels, truth: Labels, *, block_zyx: Shape3 = BLOCK_ZYX) -> Scores:
    """Compare two label volumes, block by block.

    Parameters
    ----------
    predicted, truth : path, ndarray (Z, Y, X) of any integer, or Source
        Label volumes of the same shape. A path is anything that the engine reads, or a
        run folder ``NAME.skoots.zarr``, which stands for its labels.
    block_zyx : tuple of int
        What is read at once, in voxels. The answer does not depend on it.

    Returns
    -------
    Scores
        The scores; swapping the volumes swaps precision with recall and splits with
        merges, and leaves the rest alone but for the average best overlap.

    Raises
    ------
    ScoreError
        If the shapes differ or a volume does not hold ids.

    Examples
    --------
    >>> truth = np.array([[[1, 1, 1, 1, 0, 0, 2, 2]]])
    >>> found = np.array([[[5, 5, 9, 9, 0, 0, 7, 7]]])
    >>> result = score(found, truth)
    >>> result.precision_50, result.recall_50, result.splits
    (0.6666666666666666, 1.0, 1)
    """
    return score_overlap(
        count_overlap(open_labels(predicted), open_labels(truth), block_zyx)
    )


def score_overlap(overlap: Overlap) -> Scores:
    """Compute every score from the table of common voxels."""
    truth = list_objects(overlap.truth, overlap.voxels)
    predicted = list_objects(overlap.predicted, overlap.voxels)
    pairs = list_pairs(overlap, truth, predicted)
    counts = len(predicted.ids), len(truth.ids)
    levels = {t: Matching(t, match(pairs, t), *counts) for t in IOU_THRESHOLDS}
    at_50, at_75 = levels[0.5], levels[0.75]
    return Scores(
        objects_predicted=counts[0],
        objects_truth=counts[1],
        precision_50=at_50.precision,
        recall_50=at_50.recall,
        f1_50=at_50.f1,
        precision_75=at_75.precision,
        recall_75=at_75.recall,
        f1_75=at_75.f1,
        f1_mean=float(np.mean([level.f1 for level in levels.values()])),
        panoptic_quality=at_50.quality * at_50.f1,
        segmentation_quality=at_50.quality,
        recognition_quality=at_50.f1,
        semantic_iou=semantic_iou(overlap),
        average_best_overlap=average_best_overlap(pairs, counts[1], counts[0]),
        splits=count_shared(pairs.truth, truth.voxels, pairs.voxels),
        merges=count_shared(pairs.predicted, predicted.voxels, pairs.voxels),
    )


def match(pairs: Pairs, threshold: float) -> NDArray[np.float64]:
    """Match objects one to one and give the IoU of the pairs.

    Parameters
    ----------
    pairs : Pairs
        The pairs of objects that touch.
    threshold : float
        The IoU that a pair must reach, above 0.

    Returns
    -------
    ndarray, (TP,), float64
        The IoU of each matched pair: as many pairs as can be had, and among those the
        choice with the highest sum.

    Notes
    -----
    Above an IoU of 0.5 an object has one candidate at most and there is nothing to
    choose. Otherwise the candidates fall into groups that share no object, and each
    group is one small assignment problem.
    """
    keep = pairs.iou >= threshold
    rows, columns, iou = pairs.truth[keep], pairs.predicted[keep], pairs.iou[keep]
    if _unique(rows) and _unique(columns):
        return iou
    _, rows = np.unique(rows, return_inverse=True)
    _, columns = np.unique(columns, return_inverse=True)
    groups = _group(rows, columns)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    return np.concatenate(
        [_assign(rows[g], columns[g], iou[g]) for g in np.split(order, starts)]
    )


def count_shared(
    places: NDArray[np.intp], sizes: NDArray[np.int64], voxels: NDArray[np.int64]
) -> int:
    """Count the objects of which two or more others hold a quarter each.

    Parameters
    ----------
    places : ndarray, (P,), integer
        Place of the object in `sizes`, for each pair.
    sizes : ndarray, (K,), int64
        Voxels of each object.
    voxels : ndarray, (P,), int64
        Common voxels of each pair.

    Notes
    -----
    With the true objects in `places` these are the splits, with the predicted ones the
    merges. The rule is this project's own: a share of a quarter lets slivers along a
    border pass and finds every object that was cut into two to four parts of about one
    size. An object that a much larger one swallowed is no merge by this rule; it is
    missing from the recall.
    """
    holds = voxels >= SPLIT_SHARE * sizes[places]
    parts = np.bincount(places[holds], minlength=len(sizes))
    return int((parts >= 2).sum())


def average_best_overlap(pairs: Pairs, truth: int, predicted: int) -> float:
    """Give the mean over the true objects of the highest IoU with a predicted one.

    Parameters
    ----------
    pairs : Pairs
        The pairs of objects that touch.
    truth, predicted : int
        How many objects there are.
    """
    best = np.zeros(truth)
    np.maximum.at(best, pairs.truth, pairs.iou)
    return _ratio(best.sum(), truth, empty=predicted == 0)


def semantic_iou(overlap: Overlap) -> float:
    """Compute the IoU of all foreground against all foreground, ids put aside."""
    either = (overlap.truth != 0) | (overlap.predicted != 0)
    both = (overlap.truth != 0) & (overlap.predicted != 0)
    return _ratio(
        int(overlap.voxels[both].sum()), int(overlap.voxels[either].sum()), empty=True
    )


def _ratio(part: float, of: int, *, empty: bool) -> float:
    return float(part / of) if of else float(empty)


def _unique(places: NDArray[np.intp]) -> bool:
    return len(np.unique(places)) == len(places)


def _group(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.int32]:
    """Number the groups of pairs that are tied to each other by common objects."""
    nodes = rows.max() + 1 + columns.max() + 1
    ends = rows, columns + rows.max() + 1
    graph = coo_array((np.ones(len(rows), dtype=bool), ends), shape=(nodes, nodes))
    _, group_of_node = connected_components(graph, directed=False)
    return np.asarray(group_of_node[rows], dtype=np.int32)


def _assign(
    rows: NDArray[np.intp], columns: NDArray[np.intp], iou: NDArray[np.float64]
) -> NDArray[np.float64]:
    _, rows = np.unique(rows, return_inverse=True)
    _, columns = np.unique(columns, return_inverse=True)
    table = np.zeros((rows.max() + 1, columns.max() + 1))  # (truth, predicted)
    table[rows, columns] = iou
    # One more pair outweighs any gain in IoU, because all IoU together stay below it.
    worth = np.where(table > 0, 1 + table / (2 * min(table.shape)), 0)
    chosen = table[linear_sum_assignment(worth, maximize=True)]
    return chosen[chosen > 0]
