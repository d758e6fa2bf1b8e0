"""Labels on disk as an array that napari shows and paints: what is written is stored.

Napari paints by reading a box, changing voxels of it and writing the box back, on its
own thread; its status line reads on another; a job stores whole chunks on a third. How
no stroke is lost, whoever comes first:

1. `ZarrLabels.__setitem__` takes the locks of all chunks that it touches, in the order
   that everybody keeps (`SharedChunks`), and looks at them again under these.
2. Where an array that was read here is changed and written back, the voxels that differ
   from what was read are the stroke (`reads`). Only they are stored and marked: what a
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
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

import numpy as np

from napari_skoots.change import Change
from napari_skoots.chunk_view import CACHE_BYTES, ChunkView
from napari_skoots.hold import Hold
from napari_skoots.labels_index import (
    Lattice,
    Points,
    parse_index,
    parse_lattice,
)
from napari_skoots.lazy_plane import LazyPlane
from napari_skoots.painting import Painter
from napari_skoots.reads import Lent, Loans
from skoots.errors import RunError, ShapeError
from skoots.run.chunk_files import ChunkFiles
from skoots.run.shared_chunks import SharedChunks, shared_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from os import PathLike

    import zarr
    from numpy.typing import DTypeLike, NDArray

    from skoots._types import Shape3
    from skoots.run.edits import Edits

    Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


class ZarrLabels:
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

    ndim = 3

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
        _check(array)
        self._files = ChunkFiles(array)
        self._edits = edits
        place = edits.shared if edits else _place(array)
        self._shared = shared or place
        self._view = ChunkView(self._files, self._shared, cache_bytes)
        self._painter = Painter(self._files, self._shared, self._view, edits)
        self._loans = Loans()
        # by number, as planes are compared like arrays
        self._planes: WeakValueDictionary[int, LazyPlane] = WeakValueDictionary()
        self._listing = Lock()
        self._scanned = edits is not None or largest is not None
        self._shared.note_largest(largest or 0)
        self._hold: Hold | None = None
        self._wanted = False
        self.read_only = read_only

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

    # ---- what it is

    @property
    def shape(self) -> Shape3:
        """Extent, in voxels."""
        return self._files.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a label."""
        return self._files.dtype

    @property
    def chunks(self) -> Shape3:
        """Extent of a chunk, in voxels."""
        return self._files.chunks

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """What all voxels would take in memory."""
        return self.size * self.dtype.itemsize

    @property
    def cached_bytes(self) -> int:
        """Memory that decoded chunks take now."""
        return self._view.nbytes

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(
        self,
        dtype: DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - numpy's own signature
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Labels on disk cannot be read without a copy.")
        return np.asarray(self[...], dtype)

    # ---- voxels

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            return self._plane(int(key))
        picked, within = parse_index(key, self.shape)
        if isinstance(picked, Points):
            return self._read_points(picked)
        answer: NDArray[Any] = self._lend(picked)[picked.view]
        return answer if within is None else answer[within]

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.read_only:
            raise RunError(
                "These labels cannot be changed here: another program has the run, or "
                "they were closed. Open them again when it is free."
            )
        if isinstance(value, LazyPlane):
            value = value.settle()
        with self._listing:
            planes = list(self._planes.values())
        for plane in planes:
            plane.settle()  # as it was when somebody asked for it
        picked, within = parse_index(key, self.shape)
        labels = _cast(value, self.dtype)
        lent = None
        if isinstance(picked, Lattice) and within is not None:
            part = self._read(picked)
            lent = Lent(picked.start, part.copy())
            part[within] = labels
            labels = part
        elif isinstance(picked, Lattice) and picked.dense:
            lent = self._loans.find(picked.start, picked.shape, labels)
        self._painter.write(list(self._changes_of(picked, labels)), lent)

    def _plane(self, z: int) -> LazyPlane:
        lattice = parse_lattice([z, slice(None), slice(None)], self.shape)
        _, height, width = self.shape
        plane = LazyPlane(
            (height, width), self.dtype, lambda: self._lend(lattice)[lattice.view]
        )
        with self._listing:
            self._planes[id(plane)] = plane
        return plane

    def _lend(self, lattice: Lattice) -> NDArray[Any]:
        """Read what is perhaps changed and written back."""
        part = self._read(lattice)
        if lattice.dense and not self.read_only:
            self._loans.lend(lattice.start, part)
        return part

    def _read(self, lattice: Lattice) -> NDArray[Any]:
        part = np.empty(lattice.shape, self.dtype)
        pieces = list(lattice.parts(self.chunks))
        indices = [piece.index for piece in pieces]
        chunks = dict(zip(indices, self._view.get_all(indices), strict=True))
        for piece in pieces:
            part[piece.outside] = chunks[piece.index][piece.inside]
        return part

    def _read_points(self, points: Points) -> NDArray[Any]:
        found = np.empty(points.shape, self.dtype)
        flat = found.reshape(-1)
        for piece in points.parts(self.chunks):
            flat[piece.outside] = self._view.get(piece.index)[piece.inside]
        answer: NDArray[Any] = found[()]
        return answer

    def _changes_of(
        self, picked: Lattice | Points, labels: NDArray[Any]
    ) -> Iterator[Change]:
        """Yield what is to be written, chunk by chunk."""
        if isinstance(picked, Lattice):
            spread = picked.spread(labels)
            for part in picked.parts(self.chunks):
                yield Change.of_lattice(part, spread[part.outside])
        else:
            flat = np.broadcast_to(labels, picked.shape).reshape(-1)
            for points in picked.parts(self.chunks):
                yield Change.of_points(points, flat[points.outside])

    def undoing(self) -> AbstractContextManager[None]:
        """Take strokes back with what is assigned inside the block, in this thread.

        Where a label is brought back that nobody had painted, the voxel becomes
        nobody's again, and holds what jobs gave it last.
        """
        return self._painter.undoing()

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


def _check(array: zarr.Array[Any]) -> None:
    if array.ndim != 3 or not np.issubdtype(array.dtype, np.integer):
        raise ShapeError(
            f"Labels are integers along Z, Y, X; this array is {array.dtype} of shape "
            f"{array.shape}. Choose another."
        )


def _place(array: zarr.Array[Any]) -> SharedChunks:
    """Give what all share of an array; of one in memory nobody else knows."""
    folder = ChunkFiles(array).path((0, 0, 0))
    root = getattr(array.store, "root", None)
    if root is None and folder is None:
        return SharedChunks()
    return shared_chunks(Path(root or "") / array.path)


def _cast(value: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Bring what is assigned to the type of the labels, as numpy does."""
    if isinstance(value, np.ndarray) and value.dtype == dtype:
        return value
    cast = np.empty(np.shape(value), dtype)
    cast[...] = value
    return cast
