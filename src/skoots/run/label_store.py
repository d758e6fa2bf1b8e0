"""The labels of a run as jobs write them: what a person painted stays.

Chunk by chunk: under the chunk's lock the mask of what is painted is read, painted
voxels are taken from what is stored, and the chunk is replaced. A stroke is made under
the same lock, so it lies before, and the mask shows it, or after, and paints over. No
lock is held while the disk is waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.run.chunk_files import DAMAGE, ChunkFiles
from skoots.run.edits import edits_of
from skoots.run.shared_chunks import FIRST_PROVISIONAL, chunks_between

if TYPE_CHECKING:
    from pathlib import Path

    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box


class LabelStore:
    """Writes labels of one run.

    Parameters
    ----------
    run : Path
        The run folder.
    array : zarr.Array
        Its labels, (Z, Y, X).
    """

    def __init__(self, run: Path, array: zarr.Array[Any]) -> None:
        self.edits = edits_of(run)
        self._files = ChunkFiles(array)

    def write(self, box: Box, labels: NDArray[Any], *, derived: bool = True) -> None:
        """Store what a job found.

        Parameters
        ----------
        box : tuple of Span
            Whole chunks, or up to a face.
        labels : ndarray, (Z, Y, X)
            Of that box; voxels that are painted are not taken.
        derived : bool
            They were found without looking at what is painted.
        """
        start, stop = [s.start for s in box], [s.stop for s in box]
        for index in chunks_between(start, stop, self._files.chunks):
            inside = tuple(
                slice(s.start - a, s.stop - a)
                for s, a in zip(self._files.box(index), start, strict=True)
            )
            self._write_chunk(index, labels[inside], derived=derived)

    def recover(self) -> None:
        """Paint again what a dead process had begun to paint."""
        self.edits.recover(self._files)

    def settle(self) -> None:
        """Give final labels to what a person painted with provisional ones."""
        edits = self.edits
        for index in sorted(edits.ids.unsettled):
            with edits.shared.hold([index]):
                stored, painted = self._files.read(index), edits.mask(index)
                loose = stored >= FIRST_PROVISIONAL
                loose &= False if painted is None else painted
                labels = stored.copy()
                labels[loose] = finals = edits.ids.final_labels(stored[loose])
                if loose.any():
                    edits.stale.note(index)
                    self._files.write(index, labels)
                    edits.shared.wrote([index], int(labels.max(initial=0)))
                if not (finals >= FIRST_PROVISIONAL).any():
                    edits.ids.note_settled(index)

    def _write_chunk(
        self, index: Shape3, labels: NDArray[Any], *, derived: bool
    ) -> None:
        shared = self.edits.shared
        with shared.hold([index]):
            painted = self.edits.mask(index)
            if painted is not None:
                if derived:
                    self.edits.below.derived(index, labels)
                labels = np.where(painted, self._stored(index, labels), labels)
            self._files.write(index, labels)
            shared.wrote([index], int(labels.max(initial=0)))

    def _stored(self, index: Shape3, labels: NDArray[Any]) -> NDArray[Any]:
        try:
            return self._files.read(index)
        except DAMAGE:  # nothing is left to keep
            return labels
