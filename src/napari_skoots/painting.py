"""The writer of labels: chunk by chunk, under their locks, only what was changed."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.run.shared_chunks import FIRST_PROVISIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_skoots.change import Change
    from napari_skoots.chunk_view import ChunkView
    from napari_skoots.reads import Lent, Loans
    from skoots.run.chunk_files import ChunkFiles
    from skoots.run.edits import Edits
    from skoots.run.shared_chunks import SharedChunks
    from skoots.run.strokes import Painted

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
    loans : Loans
        What was read, and may be written back.
    edits : Edits or None
        Of the run that the array belongs to.
    """

    def __init__(
        self,
        files: ChunkFiles,
        shared: SharedChunks,
        view: ChunkView,
        loans: Loans,
        edits: Edits | None,
    ) -> None:
        self._files = files
        self._shared = shared
        self._view = view
        self._loans = loans
        self._edits = edits
        self._here = local()

    @contextmanager
    def undoing(self) -> Iterator[None]:
        """Take strokes back instead of painting, in this thread."""
        before, self._here.undoes = self._undoes, True
        try:
            yield
        finally:
            self._here.undoes = before

    @property
    def _undoes(self) -> bool:
        return bool(getattr(self._here, "undoes", False))

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
        parts, bare, meant = [], [], []
        for change in changes:
            seen = self._seen(change, now[change.index], lent)
            part = change.against(seen)
            meant += [part] if part.labels.size else []
            if self._edits is not None and part.labels.size:
                seen = seen[part.changed]
                part, back = self._sort(part, seen, now[change.index], self._edits)
                bare += [back] if back.labels.size else []
            parts += [part] if part.labels.size else []
        if not parts and not bare:
            return
        new = dict(now)
        for part in (*parts, *bare):
            new[part.index] = part.onto(new[part.index])
        wrote = {part.index for part in (*parts, *bare)}
        with self._edits.stroke(parts, bare) if self._edits else nullcontext():
            self._view.write([(index, new[index]) for index in sorted(wrote)])
        for part in meant:
            chunk = self._files.box(part.index)
            z, y, x = (s.start + a for s, a in zip(chunk, part.start, strict=True))
            self._loans.note((z, y, x), part.changed)

    def _sort(
        self, part: Painted, seen: NDArray[Any], now: NDArray[Any], edits: Edits
    ) -> tuple[Painted, Painted]:
        """Tell what is painted from what is taken back; the labels are those to store.

        Parameters
        ----------
        part : Painted
            What somebody changed in a chunk of a run.
        seen : ndarray, (N,)
            What was there before, as somebody saw it.
        now : ndarray, (Z, Y, X)
            The chunk.
        edits : Edits
            Of the run.
        """
        mask = edits.mask(part.index)
        fresh = np.ones(len(seen), bool) if mask is None else ~part.of(mask)
        bare, under = np.zeros(len(seen), bool), np.zeros(len(seen), np.uint32)
        if self._undoes:
            bare, under = edits.below.under(part, now.shape)
            bare &= ~fresh
        labels = np.broadcast_to(part.labels, seen.shape)
        stored = edits.ids.final_labels(labels)
        if stored.max(initial=0) >= FIRST_PROVISIONAL:
            # a job that numbers objects just now looks there after this
            edits.ids.note_unsettled([part.index])
            stored = edits.ids.final_labels(labels)
        if bare.any() or (stored != labels).any():
            self._view.changes.add([part.index])  # it is not what somebody painted
        painted = ~bare & ((stored != part.of(now)) | (stored == labels))
        edits.below.note(part, fresh & painted, seen, now)
        return part.only(painted, stored), part.only(bare, under)

    def _seen(
        self, change: Change, now: NDArray[Any], lent: Lent | None
    ) -> NDArray[Any]:
        """Give the box of a change as who makes it saw it."""
        if lent is not None:
            z, y, x = (s.start for s in self._files.box(change.index))
            seen = lent.part((z, y, x), change.box, now[change.box])
            if seen is not None:
                return seen
        return now[change.box]
