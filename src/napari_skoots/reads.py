"""What each thread read last, to tell what it changed when it writes it back.

A layer is painted by reading a box, changing some voxels of it and writing the box. A
job may store other voxels of the same box in between. So what is written is compared
with what the same thread read before, and only where the two differ it is stored.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from skoots._types import Shape3

READS = 4
"""A viewer looks elsewhere, too, between reading a part and writing it back."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One box that was read."""

    start: Shape3
    stop: Shape3
    chunks: Mapping[Shape3, NDArray[np.integer]]
    """As they were then."""

    def covers(self, start: Shape3, stop: Shape3) -> bool:
        """Whether another box lies in this one."""
        return all(a <= b for a, b in zip(self.start, start, strict=True)) and all(
            a >= b for a, b in zip(self.stop, stop, strict=True)
        )


class LastReads:
    """The last few boxes that each thread read since it wrote.

    Parameters
    ----------
    budget : int
        Bytes of chunks that are kept for one thread, at most.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._here = local()

    def note(self, read: Read) -> None:
        """Keep what this thread read, and of what it read before as much as fits.

        A box that alone is too large is not kept.
        """
        sizes = (sum(c.nbytes for c in r.chunks.values()) for r in (read, *self._reads))
        kept, total = 0, 0
        for size in sizes:
            total += size
            if total > self._budget or kept == READS:
                break
            kept += 1
        self._here.reads = deque([read, *self._reads][:kept])

    def find(self, start: Shape3, stop: Shape3) -> Mapping[Shape3, NDArray[np.integer]]:
        """Give the chunks that this thread saw of a box; none if it did not read it."""
        found = (read.chunks for read in self._reads if read.covers(start, stop))
        return next(found, {})

    def forget(self) -> None:
        """Say that this thread wrote: what it read is no longer what it sees."""
        self._here.reads = deque()

    @property
    def _reads(self) -> deque[Read]:
        reads: deque[Read] = getattr(self._here, "reads", deque())
        return reads
