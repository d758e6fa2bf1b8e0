"""Where anything is painted: chunks without a file are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.run.chunk_files import ChunkFiles
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.volume.array_source import Array
    from skoots.volume.tiling import Box

_TOGETHER = 8
"""Chunks that lie side by side along X and are read at once."""


def stored_parts(labels: zarr.Array[Any]) -> list[Box]:
    """Give boxes that hold everything that is not 0, and do not overlap.

    Parameters
    ----------
    labels : zarr.Array
        (Z, Y, X). Where nobody can tell which chunks are stored, all are given.
    """
    files = ChunkFiles(labels)
    return [_box(files, run) for run in _runs(sorted(files.stored()))]


class Counted:
    """Labels that count what of them lies in each of some boxes while they are read.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        What is read, each voxel once.
    boxes : sequence of TaughtBox
        Where to count.

    Attributes
    ----------
    painted : list of int
        Voxels above 0 in each box, of what was read.
    """

    def __init__(self, labels: Array, boxes: Sequence[TaughtBox]) -> None:
        self._labels = labels
        self._boxes = boxes
        self.shape, self.dtype = labels.shape, labels.dtype
        self.painted = [0] * len(boxes)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        part = np.asarray(self._labels[key])
        corner = [k.start for k in key]
        for place, box in enumerate(self._boxes):
            low = [max(0, a - c) for a, c in zip(box.start_zyx, corner, strict=True)]
            high = [max(0, b - c) for b, c in zip(box.stop_zyx, corner, strict=True)]
            within = tuple(map(slice, low, high))
            self.painted[place] += int(np.count_nonzero(part[within]))
        return part


def _runs(indices: list[Shape3]) -> list[list[Shape3]]:
    runs: list[list[Shape3]] = []
    for z, y, x in indices:
        if runs and runs[-1][-1] == (z, y, x - 1) and len(runs[-1]) < _TOGETHER:
            runs[-1].append((z, y, x))
        else:
            runs.append([(z, y, x)])
    return runs


def _box(files: ChunkFiles, run: list[Shape3]) -> Box:
    first, last = files.box(run[0]), files.box(run[-1])
    z, y, x = (Span(a.start, b.stop) for a, b in zip(first, last, strict=True))
    return z, y, x
