"""Labels on disk as an array that napari shows and paints: what is written is stored.

Napari paints by reading a box, changing voxels of it and writing the box back, on its
own thread; its status line reads on another; a job stores whole chunks on a third. How
no stroke is lost, whoever comes first:

1. Who assigns takes the locks of all chunks that are touched (`painting`), in the order
   that everybody keeps (`SharedChunks`), and looks at them again under these.
2. Where an array that was read here is changed and written back, the voxels that differ
   from what was read are the stroke (`reads`), and those that the same thread has
   changed since. Only they are stored and marked: what a
   job put between the read and the write stays, and a job that comes later leaves the
   stroke (`Edits`).
3. The journal is written, then the mask, then the labels; then the versions count up
   and the locks go. Killed before, between or after these, a stroke is painted whole or
   not at all when the run is opened again.
4. Readers hold a chunk only to decode it. Held chunks are never changed but replaced.

Part of the above is only for labels of a run. Those of any other array are written
through under the same locks, without a journal and a mask.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_skoots.chunk_view import CACHE_BYTES
from napari_skoots.hold import Hold
from napari_skoots.stored_array import StoredArray
from skoots.errors import RunError

if TYPE_CHECKING:
    from os import PathLike

    import zarr

    from skoots.run.edits import Edits
    from skoots.run.shared_chunks import SharedChunks

    Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


class ZarrLabels(StoredArray):
    """The face of an array on labels that are stored in chunks, along Z, Y, X.

    Parameters
    ----------
    array : zarr.Array
        (Z, Y, X), of integers.
    shared : SharedChunks, optional
        Of this array; what all in this process share of it by default.
    edits : Edits, optional
        Of the run that the array belongs to.
    largest : int, optional
        The largest label there is; read from the array when it is needed by default.
    cache_bytes : int
        Memory for decoded chunks.
    read_only : bool
        Refuse to be written.

    Raises
    ------
    ShapeError
        If the array is not of three axes, or not of integers.

    Examples
    --------
    >>> import zarr
    >>> labels = ZarrLabels(zarr.zeros((4, 4, 4), chunks=(2, 2, 2), dtype="uint32"))
    >>> labels[1, 2:] = 7
    >>> labels[1, ::2, 3]
    array([0, 7], dtype=uint32)
    """

    def __init__(
        self,
        array: zarr.Array[Any],
        *,
        shared: SharedChunks | None = None,
        edits: Edits | None = None,
        largest: int | None = None,
        cache_bytes: int = CACHE_BYTES,
        read_only: bool = False,
    ) -> None:
        super().__init__(
            array,
            shared=shared,
            edits=edits,
            cache_bytes=cache_bytes,
            read_only=read_only,
        )
        self._scanned = edits is not None or largest is not None
        self._shared.note_largest(largest or 0)
        self._hold: Hold | None = None
        self._wanted = False

    @classmethod
    def of_run(
        cls, path: str | PathLike[str], *, cache_bytes: int = CACHE_BYTES
    ) -> Self:
        """Open the labels of a run for painting.

        No other process may write the run until `close`; jobs of this one may. If
        another process has it, the labels are read-only until `look_again` gets it.

        Parameters
        ----------
        path : path
            The run folder.
        cache_bytes : int
            Memory for decoded chunks.

        Raises
        ------
        RunError
            If the folder is no run.
        """
        hold = Hold(path)
        run = hold.run
        labels = cls(run.labels, edits=run.edits, cache_bytes=cache_bytes)
        labels._hold, labels._wanted = hold, True
        labels.read_only = not hold.take(labels)
        return labels

    def close(self) -> None:
        """Let other processes write the run; from now on these labels are read-only.

        May be called again. They can be read, and opened again by `reopen`.
        """
        self.read_only, self._wanted = True, False
        if self._edits:
            self._edits.below.forget()  # another process may change it from now on
        if self._hold:
            self._hold.give_back()

    def reopen(self) -> bool:
        """Take the run again, after `close`; it may have been written meanwhile.

        Returns
        -------
        bool
            Whether these labels may be changed; else another process has the run, and
            `look_again` tries it again.

        Raises
        ------
        RunError
            If the run is no more, or was begun anew on another grid.
        """
        if self._hold and self.read_only:
            self._wanted = True
            self.read_only = not self._hold.take(self)
            self._view.look_again()
        return not self.read_only

    def look_again(self) -> bool:
        """Notice what another process did, while that has the run.

        Takes some microseconds for each chunk that was read. What changed is told by
        `take_dirty`; `read_only` is false as soon as the run is free.

        Returns
        -------
        bool
            Whether anything changed, labels or the right to change them.
        """
        if not self.read_only:
            return False
        if self._hold and self._wanted:
            with suppress(RunError):  # nothing to paint any more
                self.read_only = not self._hold.take(self)
        return self._view.look_again() or not self.read_only

    # ---- labels and changes

    @property
    def largest(self) -> int:
        """The largest label that is known; provisional ones do not count."""
        if not self._scanned:
            for index in np.ndindex(self._files.grid):
                z, y, x = index
                chunk = self._view.get((z, y, x))
                self._shared.note_largest(int(chunk.max(initial=0)))
            self._scanned = True
        return self._shared.largest

    def next_label(self) -> int:
        """Make a label that nothing has; no job will give it to anything.

        Raises
        ------
        RunError
            If the type of the labels has none left.
        """
        if self._edits:
            return self._edits.ids.next_label()
        label = self.largest + 1
        if label > np.iinfo(self.dtype).max:
            raise RunError(
                f"There is no label above {label - 1} in {self.dtype}. Use one that is "
                "free."
            )
        self._shared.note_largest(label)
        return label

    def reserve(self, count: int, above: int = 0) -> int:
        """Let `next_label` give none of the labels after those in use.

        Parameters
        ----------
        count : int
            How many.
        above : int
            A label that is in use; what was noted before is as well.

        Returns
        -------
        int
            The largest label that was in use before them.
        """
        return self._shared.reserve(count, above)

    def take_dirty(self, *, own: bool = True) -> list[Bounds]:
        """Give what was written in this process since the last call.

        Parameters
        ----------
        own : bool
            Also what was written through this array. A layer that is painted shows that
            already.

        Returns
        -------
        list of ((start, stop), (start, stop), (start, stop))
            Boxes along Z, Y, X, in voxels.
        """
        chunks, mine = self._view.changes.take(), self._view.own.take()
        boxes = [self._files.box(i) for i in sorted(chunks | mine if own else chunks)]
        return [
            ((z.start, z.stop), (y.start, y.stop), (x.start, x.stop))
            for z, y, x in boxes
        ]
