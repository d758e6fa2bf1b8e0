"""Every few voxels of a run's labels in memory, to be looked at in three dimensions.

They are read chunk by chunk and never whole, those that are on disk: an unfinished run
has few. Of a finished run with very many chunks the pyramid is read. Afterwards only
what was written meanwhile is read again. Nothing is listed before the first `update`.
"""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from skoots.errors import RunError
from skoots.events import BlockDone, StageStarted
from skoots.run.chunk_files import ChunkFiles
from skoots.run.layout import LABELS
from skoots.volume.tiling import Span, whole

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Box

STAGE = "coarse"

MOST_VOXELS = 1 << 22
"""What can be drawn anew several times a second, also without a graphics card."""

LONGEST = 512
"""Voxels along each axis."""

_MOST_CHUNKS = 4096
"""More chunks than this are not read for it: that would take a minute."""


def coarse_steps(
    shape: Shape3, voxel_size: VoxelSize | None, most: int = MOST_VOXELS
) -> Shape3:
    """Say which voxels are kept, along Z, Y, X: each so many-th.

    Parameters
    ----------
    shape : tuple of int
        Of the labels, in voxels.
    voxel_size : tuple of float or None
        Along Z, Y, X; axes with large voxels keep more of them.
    most : int
        Voxels that are kept.

    Examples
    --------
    >>> coarse_steps((100, 2000, 2000), (0.05, 0.01, 0.01))
    (2, 8, 8)
    >>> coarse_steps((64, 64, 64), None)
    (1, 1, 1)
    """
    steps = [1, 1, 1]
    size = voxel_size or (1.0, 1.0, 1.0)
    while True:
        kept = [-(-n // s) for n, s in zip(shape, steps, strict=True)]
        if math.prod(kept) <= most and max(kept) <= LONGEST:
            return steps[0], steps[1], steps[2]
        edges = [
            s * e if k > 1 else math.inf
            for s, e, k in zip(steps, size, kept, strict=True)
        ]
        steps[min((2, 1, 0), key=lambda axis: edges[axis])] *= 2


class CoarseLabels:
    """A coarse copy of the labels of a run, brought up to date where they change.

    Parameters
    ----------
    run : RunFolder
        May be written meanwhile.

    Attributes
    ----------
    steps : tuple of int
        Which voxels it has, along Z, Y, X: each so many-th.
    data : ndarray, (Z, Y, X), uint32
        Filled by `update`.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._name = f"{LABELS}/0"
        self._shape = run.shape_of(self._name)
        self.steps = coarse_steps(self._shape, run.voxel_size)
        kept = [-(-n // s) for n, s in zip(self._shape, self.steps, strict=True)]
        self.data = np.zeros(kept, np.uint32)
        self._changes = run.edits.shared.subscribe()
        self._files = ChunkFiles(run.labels)
        self._waiting: set[Shape3] = set()
        self._begun = False

    @property
    def stale(self) -> bool:
        """Whether something was written that it has not read; not during `update`."""
        self._waiting |= self._changes.take()
        return bool(self._waiting) or not self._begun

    def update(self) -> Generator[Event, None, int]:
        """Read what was written since the last time; all of it the first time.

        Yields
        ------
        StageStarted, BlockDone
            Boxes in voxels of the labels.

        Returns
        -------
        int
            Chunks that were read.
        """
        if not self._begun:
            self._begin()
        self._waiting |= self._changes.take()
        waiting = sorted(self._waiting)
        yield StageStarted(STAGE, 0, len(waiting))
        for number, index in enumerate(waiting, 1):
            box = self._box(index)
            self._read(box)
            self._waiting.discard(index)  # closed before, it is read next time
            z, y, x = ((s.start, s.stop) for s in box)
            yield BlockDone(STAGE, (z, y, x), number, len(waiting))
        return len(waiting)

    def _begin(self) -> None:
        """Read the pyramid instead where there are very many chunks."""
        many = math.prod(self._files.grid) > _MOST_CHUNKS
        if not (many and self._run.finished and self._from_pyramid()):
            self._waiting |= self._files.stored()
        self._begun = True

    def _box(self, chunk: Shape3) -> Box:
        z, y, x = (Span(s.start, s.stop) for s in self._files.box(chunk))
        return z, y, x

    def _read(self, box: Box) -> None:
        first = [-s.start % step for s, step in zip(box, self.steps, strict=True)]
        within = (
            slice(first[0], None, self.steps[0]),
            slice(first[1], None, self.steps[1]),
            slice(first[2], None, self.steps[2]),
        )
        kept = self._run.read(self._name, box)[within]
        z, y, x = (
            slice((s.start + f) // step, (s.start + f) // step + n)
            for s, f, step, n in zip(box, first, self.steps, kept.shape, strict=True)
        )
        self.data[z, y, x] = kept

    def _from_pyramid(self) -> bool:
        """Read the coarsest level that is fine enough; tell whether there is one."""
        for name, shape in reversed(list(self._levels())):
            ratio = [round(n / m) for n, m in zip(self._shape, shape, strict=True)]
            pairs = list(zip(self.steps, ratio, strict=True))
            if any(step % r for step, r in pairs):
                continue
            dz, dy, dx = (step // r for step, r in pairs)
            level = self._run.read(name, whole(shape))[::dz, ::dy, ::dx]
            if level.shape == self.data.shape:  # the ratio of a thin axis is a guess
                self.data[...] = level
                return True
        return False

    def _levels(self) -> Iterator[tuple[str, Shape3]]:
        for number in count(1):
            name = f"{LABELS}/{number}"
            try:
                shape = self._run.shape_of(name)
            except RunError:  # there is no such level
                return
            yield name, shape
