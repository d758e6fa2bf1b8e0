"""Objects of other labels, added to what is painted in an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np

from skoots.errors import TrainingError
from skoots.events import BlockDone, StageStarted
from skoots.teach.given_labels import as_ids, check_labels
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Protocol

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.volume.array_source import Array

    class Writable(Array, Protocol):
        """An array that slices are assigned to."""

        def __setitem__(self, key: Any, value: Any) -> None: ...

    Reserve = Callable[[int, int], int]


STAGE = "copy"

_BLOCK: Shape3 = (64, 512, 512)

_MOSTLY = 0.5
"""An object of which so much is painted already is there already."""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of it."""

    objects: int
    """That were added."""

    left_out: int
    """That were painted already, at least half of each."""

    renumbered: bool
    """Whether they have new ids, as something was painted before."""


def _nobody_else(_count: int, above: int) -> int:
    return above


def add_labels(
    labels: Array, into: Writable, shape: Shape3, reserve: Reserve = _nobody_else
) -> Generator[Event, None, Added]:
    """Add objects where nothing is painted yet.

    Where nothing is painted at all they keep their ids. Else they get new ones, and an
    object of which at least half is painted already is left out: what somebody painted
    by hand stays as it is, without a rim of what a program found there.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        They are never changed.
    into : array of uint32, (Z, Y, X)
        Takes them.
    shape : tuple of int
        Extent of the image.
    reserve : callable, optional
        Where somebody may paint meanwhile: is told how many ids are wanted above one,
        gives the largest that is in use, and keeps those after it from everybody else.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    Added

    Raises
    ------
    TrainingError
        If the labels have not the extent of the image, or hold no ids.
    """
    check_labels(labels, shape)
    boxes = [box_slices(block.core) for block in plan_blocks(shape, _BLOCK)]
    seen = _Seen()
    yield StageStarted(STAGE, 0, 2 * len(boxes))
    for number, box in enumerate(boxes, 1):
        seen.add(as_ids(np.asarray(labels[box])), np.asarray(into[box]))
        yield _done(box, number, 2 * len(boxes))
    ids, renumbered = seen.new_ids(reserve)
    for number, box in enumerate(boxes, len(boxes) + 1):
        part = as_ids(np.asarray(labels[box])).astype(np.uint32)
        if part.any():
            now = np.asarray(into[box])
            wanted = _with_ids(part, ids)
            into[box] = np.where(now > 0, now, wanted)
        yield _done(box, number, 2 * len(boxes))
    added = sum(number > 0 for key, number in ids.items() if key)
    left_out = len(ids) - 1 - added
    return Added(added, left_out, renumbered=renumbered)


class _Seen:
    """How many voxels each object has, and how many of them are painted already."""

    def __init__(self) -> None:
        self._voxels: dict[int, int] = {}
        self._painted: dict[int, int] = {}
        self.largest = 0

    def add(self, part: NDArray[Any], now: NDArray[Any]) -> None:
        self.largest = max(self.largest, int(now.max(initial=0)))
        if not part.any():
            return
        _count(part, self._voxels)
        if now.any():
            _count(np.where(now > 0, part, 0), self._painted)

    def new_ids(self, reserve: Reserve) -> tuple[dict[int, int], bool]:
        """Give each object its id, 0 where it is left out; say if they are new."""
        used = reserve(max(self._voxels, default=0), self.largest)
        if not used:
            return {0: 0} | {key: key for key in self._voxels}, False
        ids, number = {0: 0}, used
        for key, voxels in sorted(self._voxels.items()):
            there = self._painted.get(key, 0) >= _MOSTLY * voxels
            number += not there
            ids[key] = 0 if there else number
        if number > np.iinfo(np.uint32).max:
            raise TrainingError(
                f"There are no {len(ids) - 1} ids above {used}. Number what "
                "is painted from 1."
            )
        return ids, True


def _with_ids(part: NDArray[Any], ids: dict[int, int]) -> NDArray[Any]:
    """Give a part with new ids; what was painted there since they were made is left."""
    later = set(fastremap.unique(part).tolist()) - ids.keys()
    table = ids | dict.fromkeys(later, 0) if later else ids
    found: NDArray[Any] = fastremap.remap(part, table, preserve_missing_labels=False)
    return found


def _count(part: NDArray[Any], counts: dict[int, int]) -> None:
    ids, voxels = fastremap.unique(part, return_counts=True)
    for key, number in zip(ids.tolist(), voxels.tolist(), strict=True):
        if key:
            counts[key] = counts.get(key, 0) + number


def _done(box: tuple[slice, slice, slice], number: int, total: int) -> BlockDone:
    z, y, x = ((s.start, s.stop) for s in box)
    return BlockDone(STAGE, (z, y, x), number, total)
