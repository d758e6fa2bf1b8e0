"""The writer of labels: chunk by chunk, under their locks, only what was changed."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_skoots.change import Change
    from napari_skoots.chunk_view import ChunkView
    from napari_skoots.reads import Lent
    from skoots.run.chunk_files import ChunkFiles
    from skoots.run.edits import Edits
    from skoots.run.shared_chunks import SharedChunks

WRITTEN_AT_ONCE = 32
"""Chunks that are painted together, and lie in memory for it."""


class Painter:
    """Stores what a person changes.

    Parameters
    ----------
    files : ChunkFiles
        Of the labels.
    shared : SharedChunks
        Of the same array.
    view : ChunkView
        Reads and writes its chunks.
    edits : Edits or None
        Of the run that the array belongs to.
    """

    def __init__(
        self,
        files: ChunkFiles,
        shared: SharedChunks,
        view: ChunkView,
        edits: Edits | None,
    ) -> None:
        self._files = files
        self._shared = shared
        self._view = view
        self._edits = edits

    def write(self, changes: Sequence[Change], lent: Lent | None) -> None:
        """Store what is to be written.

        Parameters
        ----------
        changes : sequence of Change
            One for each chunk.
        lent : Lent or None
            What was read before, to be changed and written back.
        """
        for first in range(0, len(changes), WRITTEN_AT_ONCE):
            some = changes[first : first + WRITTEN_AT_ONCE]
            with self._shared.hold(change.index for change in some):
                self._paint(some, lent)

    def _paint(self, changes: Sequence[Change], lent: Lent | None) -> None:
        """Store what differs from what was seen; the chunks are held."""
        now = {c.index: self._view.get(c.index) for c in changes}
        parts = [c.against(self._seen(c, now[c.index], lent)) for c in changes]
        parts = [part for part in parts if part.labels.size]
        if not parts:
            return
        with self._edits.stroke(parts) if self._edits else nullcontext():
            self._view.write([(p.index, p.onto(now[p.index])) for p in parts])

    def _seen(
        self, change: Change, now: NDArray[Any], lent: Lent | None
    ) -> NDArray[Any]:
        """Give the box of a change as who makes it saw it."""
        if lent is not None:
            z, y, x = (s.start for s in self._files.box(change.index))
            seen = lent.part((z, y, x), change.box)
            if seen is not None:
                return seen
        return now[change.box]
