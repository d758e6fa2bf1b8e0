"""Count which predicted object lies on which true one, without holding a volume.

Everything that a score needs is in one sparse table: how many voxels carry the truth's
id ``t`` and the prediction's id ``p`` at once, for each pair that occurs. Blocks of the
two volumes are counted one by one and their tables added, so memory grows with the
number of pairs and not with the volume. Id 0 is background and is counted like any
other, so the sizes of the objects are sums over the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import fastremap
import numpy as np

from skoots.errors import ScoreError
from skoots.volume.tiling import plan_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.source import Source

BLOCK_ZYX: Shape3 = (16, 512, 512)
"""What is counted at once: whole storage chunks of a run, about 0.1 GB of work."""

_PENDING_LIMIT = 1 << 20
"""Rows that may wait before they are added up; more costs memory, fewer cost time."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The voxels that each true and each predicted id have in common.

    The three arrays are columns of one table of P rows, sorted by `truth` and then by
    `predicted`; no pair occurs twice, and pairs without a voxel do not occur.
    """

    truth: NDArray[np.uint64]
    """Id in the truth, (P,), 0 for background."""

    predicted: NDArray[np.uint64]
    """Id in the prediction, (P,), 0 for background."""

    voxels: NDArray[np.int64]
    """How many voxels carry both, (P,)."""

    def swapped(self) -> Overlap:
        """Give the table with the truth and the prediction in each other's place."""
        return _add_up(self.predicted, self.truth, self.voxels)


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one volume, without the background."""

    ids: NDArray[np.uint64]
    """The ids that occur, (K,), ascending."""

    voxels: NDArray[np.int64]
    """Their sizes, (K,)."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of objects that touch each other, and how well they agree."""

    truth: NDArray[np.intp]
    """Place of the true object among the true objects, (P,)."""

    predicted: NDArray[np.intp]
    """Place of the predicted object among the predicted ones, (P,)."""

    voxels: NDArray[np.int64]
    """Common voxels, (P,)."""

    iou: NDArray[np.float64]
    """Intersection over union, (P,), above 0 and at most 1."""


def count_overlap(
    predicted: Source, truth: Source, block_zyx: Shape3 = BLOCK_ZYX
) -> Overlap:
    """Count the common voxels of each pair of ids, block by block.

    Parameters
    ----------
    predicted, truth : Source, (Z, Y, X), any integer
        Label volumes of the same shape; ids may have gaps and up to 64 bits.
    block_zyx : tuple of int
        What is read at once, in voxels. The answer does not depend on it.

    Returns
    -------
    Overlap
        The table of pairs.

    Raises
    ------
    ScoreError
        If the shapes differ, a volume holds no integers, or an id is negative.
    """
    _check(predicted, truth)
    table = _Table()
    for block in plan_blocks(truth.shape, block_zyx):
        table.add(
            _ids(truth.read(block.core), truth.name),
            _ids(predicted.read(block.core), predicted.name),
        )
    return table.total()


def list_objects(ids: NDArray[np.uint64], voxels: NDArray[np.int64]) -> Objects:
    """Give the objects of one column of the table and their sizes.

    Parameters
    ----------
    ids : ndarray, (P,), uint64
        The column of the truth or of the prediction.
    voxels : ndarray, (P,), int64
        The voxels of each row.
    """
    found, place = np.unique(ids, return_inverse=True)
    sizes = np.zeros(len(found), dtype=np.int64)
    np.add.at(sizes, place, voxels)
    keep = found != 0
    return Objects(found[keep], sizes[keep])


def list_pairs(overlap: Overlap, truth: Objects, predicted: Objects) -> Pairs:
    """Give the rows of the table in which both ids are objects, with their IoU."""
    keep = (overlap.truth != 0) & (overlap.predicted != 0)
    rows = np.searchsorted(truth.ids, overlap.truth[keep])
    columns = np.searchsorted(predicted.ids, overlap.predicted[keep])
    common = overlap.voxels[keep]
    union = truth.voxels[rows] + predicted.voxels[columns] - common
    return Pairs(rows, columns, common, common / union)


def _check(predicted: Source, truth: Source) -> None:
    for what, source in (("prediction", predicted), ("truth", truth)):
        if source.dtype.kind not in "uib":
            raise ScoreError(
                f"The {what} {source.name} holds {source.dtype} values. Labels are "
                "integers, one per object: give a label volume, not a probability map."
            )
    if predicted.shape != truth.shape:
        raise ScoreError(
            f"The prediction {predicted.name} is {predicted.shape} voxels (Z, Y, X) "
            f"and the truth {truth.name} is {truth.shape}. Compare volumes of the "
            "same shape."
        )


def _ids(block: NDArray[np.generic], name: str) -> NDArray[np.generic]:
    if block.dtype.kind == "i" and block.size and block.min() < 0:
        raise ScoreError(
            f"{name} holds the negative id {block.min()}. Ids of objects are above 0 "
            "and background is 0."
        )
    return block


class _Table:
    """Tables of many blocks, added up whenever enough of them wait."""

    def __init__(self) -> None:
        self._waiting: list[Overlap] = []
        self._rows = 0
        self._limit = _PENDING_LIMIT

    def add(self, truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> None:
        pairs = _count_block(truth, predicted)
        self._waiting.append(pairs)
        self._rows += len(pairs.voxels)
        if self._rows > self._limit:
            total = self.total()
            self._waiting = [total]
            self._rows = len(total.voxels)
            # Doubling keeps the work of adding up linear in the number of pairs.
            self._limit = max(_PENDING_LIMIT, 2 * self._rows)

    def total(self) -> Overlap:
        if not self._waiting:
            none = np.empty(0, dtype=np.uint64)
            return Overlap(none, none, none.astype(np.int64))
        return _add_up(
            np.concatenate([table.truth for table in self._waiting]),
            np.concatenate([table.predicted for table in self._waiting]),
            np.concatenate([table.voxels for table in self._waiting]),
        )


def _count_block(truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> Overlap:
    rows, truth_ids = _renumber(truth)
    columns, predicted_ids = _renumber(predicted)
    # Small numbers first: a product of two 64-bit ids would not fit into 64 bits.
    key = rows * len(predicted_ids) + columns
    found, voxels = fastremap.unique(key, return_counts=True)
    row, column = np.divmod(found.astype(np.int64), len(predicted_ids))
    return Overlap(truth_ids[row], predicted_ids[column], voxels.astype(np.int64))


def _renumber(
    labels: NDArray[np.generic],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    if labels.dtype == np.bool_:
        labels = labels.astype(np.uint8)
    dense, places = fastremap.renumber(labels.ravel(), in_place=False)
    ids = np.zeros(len(places) + 1, dtype=np.uint64)  # place 0 stays background
    for label, place in places.items():
        ids[int(place)] = int(label)
    return dense.astype(np.int64), ids


def _add_up(
    truth: NDArray[np.uint64],
    predicted: NDArray[np.uint64],
    voxels: NDArray[np.int64],
) -> Overlap:
    order = np.lexsort((predicted, truth))
    truth, predicted, voxels = truth[order], predicted[order], voxels[order]
    fresh = np.ones(len(truth), dtype=bool)
    fresh[1:] = (truth[1:] != truth[:-1]) | (predicted[1:] != predicted[:-1])
    first = np.flatnonzero(fresh)
    return Overlap(
        truth[first],
        predicted[first],
        np.add.reduceat(voxels, first) if len(first) else voxels,
    )
