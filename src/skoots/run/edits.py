"""Which voxels of a run's labels a person painted.

``edited`` is an array beside the labels, on the same chunks, 1 where somebody painted
or erased. It is made at the first stroke. Every pass that writes labels leaves those
voxels as they are, in this process or in a later one.

Who is first does not matter, and nothing is lost in between:

* The mask of a chunk is read and written only under the lock of the labels' chunk. A
  pass that comes first is painted over; one that comes later reads the mask and keeps
  the stroke, also if it calculated its labels before the stroke was made.
* The journal comes before the mask and the mask before the labels (see `strokes`): a
  process that is killed in between leaves a stroke that is painted again.
* What is undone becomes nobody's again (see `below`): labels first, then the mask.
* That the pyramid is out of date is noted before the labels change (see `stale`).
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import zarr

from skoots.errors import RunError
from skoots.run.below import Below
from skoots.run.chunk_files import DAMAGE, ChunkFiles
from skoots.run.label_ids import LabelIds
from skoots.run.layout import EDITED, IDS, LABELS, STALE, STATE, STROKES
from skoots.run.shared_chunks import FIRST_PROVISIONAL, shared_chunks
from skoots.run.stale import StaleChunks
from skoots.run.storage import storage_errors
from skoots.run.strokes import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.shared_chunks import SharedChunks
    from skoots.run.strokes import Painted

CACHE_BYTES = 64 << 20
"""Memory for masks of chunks."""


class Edits:
    """What a person did to the labels of one run. Get it with `edits_of`.

    Attributes
    ----------
    shared : SharedChunks
        Of the labels.
    stale : StaleChunks
        Of which the pyramid is out of date.
    ids : LabelIds
        The labels that are a person's.
    below : Below
        What the strokes of this process cover.
    """

    def __init__(self, run: Path) -> None:
        self.shared: SharedChunks = shared_chunks(run / LABELS / "0")
        self.stale = StaleChunks(run / STATE / STALE)
        self.ids = LabelIds(run / STATE / IDS, self.shared)
        self.below = Below()
        self._run = run
        self._journal = Journal(run / STATE / STROKES)
        self._lock = RLock()
        self._files: ChunkFiles | None = None
        self._masks: OrderedDict[Shape3, NDArray[np.bool_]] = OrderedDict()
        self._bytes = 0
        self.forget()

    def forget(self) -> None:
        """Look at the disk again: another process may have painted, or cleared it."""
        self.shared.replaced()
        with self._lock:
            self._files = None
            self._drop_masks()
            self.stale.forget()
        self.ids.forget()

    # ---- voxels

    def mask(self, index: Shape3) -> NDArray[np.bool_] | None:
        """Say which voxels of a chunk are painted; its lock is held.

        Parameters
        ----------
        index : tuple of int
            The chunk's place in the grid.

        Returns
        -------
        ndarray, (Z, Y, X), bool, or None
            Of the chunk, not to be changed; None if nothing is painted there.

        Raises
        ------
        RunError
            If the mask was damaged on disk.
        """
        with self._lock:
            files = self._opened()
            if files is None:
                return None
            if index in self._masks:
                self._masks.move_to_end(index)
                return self._masks[index]
            mask = self._read(files, index)
            if mask is not None:
                self._keep(index, mask)
            return mask

    @contextmanager
    def stroke(
        self, parts: Sequence[Painted], bare: Sequence[Painted] = ()
    ) -> Iterator[None]:
        """Mark what is painted; the caller stores the labels inside the block.

        Parameters
        ----------
        parts : sequence of Painted
            Of the stroke, one for each chunk. Their chunks are held.
        bare : sequence of Painted
            What becomes nobody's, with the labels that it gets then.

        Raises
        ------
        StorageError
            If the disk is full or nothing may be written there.
        """
        labels = {int(n) for part in parts for n in np.unique(part.labels)}
        self.ids.mend(labels)
        with storage_errors(self._run):
            # killed before the end, what is bare has its labels and is somebody's
            entry = self._journal.begin([*parts, *bare])
            try:
                self._paint(parts)
                for part in bare:
                    self.stale.note(part.index)
                yield
                self._unmark(bare)
            finally:
                self._journal.end(entry)

    def recover(self, files: ChunkFiles) -> None:
        """Paint again what a dead process had begun to paint.

        Parameters
        ----------
        files : ChunkFiles
            Of the labels. This process has the run to itself.
        """
        self.forget()  # what another process did since this one looked
        with storage_errors(self._run):
            for path, parts in self._journal.left():
                indices = [part.index for part in parts]
                if any((p.labels >= FIRST_PROVISIONAL).any() for p in parts):
                    self.ids.note_unsettled(indices)
                with self.shared.hold(indices):
                    self._paint(parts)
                    for part in parts:
                        files.write(part.index, part.onto(files.read(part.index)))
                    self.shared.wrote(indices)
                path.unlink(missing_ok=True)

    def _paint(self, parts: Sequence[Painted]) -> None:
        """Write the mask of each part that is not there yet."""
        with self._lock:
            files = self._opened() or self._create()
        for part in parts:
            self.stale.note(part.index)
            before = self.mask(part.index)
            if before is not None and before[part.box][part.changed].all():
                continue
            z, y, x = (s.stop - s.start for s in files.box(part.index))
            new = np.zeros((z, y, x), bool) if before is None else before.copy()
            new[part.box] |= part.changed
            files.write(part.index, new.view(np.uint8))
            with self._lock:
                self._keep(part.index, new)

    def _unmark(self, parts: Sequence[Painted]) -> None:
        """Say that voxels are nobody's; they hold what they should hold then."""
        for part in parts:
            before, files = self.mask(part.index), self._opened()
            if before is None or files is None:
                continue
            new = before.copy()
            new[part.box] &= ~part.changed
            files.write(part.index, new.view(np.uint8))
            with self._lock:
                self._keep(part.index, new)

    def _keep(self, index: Shape3, mask: NDArray[np.bool_]) -> None:
        before = self._masks.pop(index, None)
        self._masks[index] = mask
        self._bytes += mask.nbytes - (0 if before is None else before.nbytes)
        while self._bytes > CACHE_BYTES:
            _, oldest = self._masks.popitem(last=False)
            self._bytes -= oldest.nbytes

    def _drop_masks(self) -> None:
        self._masks.clear()
        self._bytes = 0

    def _read(self, files: ChunkFiles, index: Shape3) -> NDArray[np.bool_] | None:
        path = files.path(index)
        if path is not None and not path.exists():
            return None
        try:
            return files.read(index).astype(bool)
        except DAMAGE as error:
            raise RunError(
                f"{path} was damaged on disk: it says which labels were painted by "
                "hand. Delete it to go on; these may then be overwritten."
            ) from error

    def _opened(self) -> ChunkFiles | None:
        if self._files is None and (self._run / EDITED / "zarr.json").exists():
            self._files = ChunkFiles(zarr.open_array(self._run / EDITED, mode="r+"))
        return self._files

    def _create(self) -> ChunkFiles:
        labels = zarr.open_array(self._run / LABELS / "0", mode="r")
        zarr.create_array(
            self._run / EDITED,
            shape=labels.shape,
            chunks=labels.chunks,
            dtype="u1",
            compressors=labels.compressors,
            fill_value=0,
            dimension_names=("z", "y", "x"),
        )
        self._drop_masks()
        opened = self._opened()
        assert opened is not None  # noqa: S101 - it was just made
        return opened


_EDITS: WeakValueDictionary[str, Edits] = WeakValueDictionary()
_GUARD = Lock()


def edits_of(run: Path) -> Edits:
    """Give the one object that all threads of this process share for a run.

    Parameters
    ----------
    run : Path
        The run folder.

    Returns
    -------
    Edits
        The same for as long as somebody keeps it.
    """
    key = str(Path(run).resolve())
    with _GUARD:
        edits = _EDITS.get(key)
        if edits is None:
            edits = _EDITS[key] = Edits(Path(run))
        return edits
