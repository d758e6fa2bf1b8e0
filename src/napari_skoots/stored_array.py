"""An array on disk that is read and written like one in memory, chunk by chunk."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from napari_skoots.change import Change
from napari_skoots.chunk_view import CACHE_BYTES, ChunkView
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

    import zarr
    from numpy.typing import DTypeLike, NDArray

    from skoots._types import Shape3
    from skoots.run.edits import Edits


class StoredArray:
    """What an array does: shape, type, indexing; see `labels_array.ZarrLabels`.

    Parameters
    ----------
    array : zarr.Array
        (Z, Y, X), of integers.
    shared : SharedChunks, optional
        Of this array; what all in this process share of it by default.
    edits : Edits, optional
        Of the run that the array belongs to.
    cache_bytes : int
        Memory for decoded chunks.
    read_only : bool
        Refuse to be written.

    Raises
    ------
    ShapeError
        If the array is not of three axes, or not of integers.
    """

    ndim = 3

    def __init__(
        self,
        array: zarr.Array[Any],
        *,
        shared: SharedChunks | None = None,
        edits: Edits | None = None,
        cache_bytes: int = CACHE_BYTES,
        read_only: bool = False,
    ) -> None:
        _check(array)
        self._files = ChunkFiles(array)
        self._edits = edits
        place = edits.shared if edits else _place(array)
        self._shared = shared or place
        self._view = ChunkView(self._files, self._shared, cache_bytes)
        self._loans = Loans()
        self._painter = Painter(
            self._files, self._shared, self._view, self._loans, edits
        )
        # by number, as planes are compared like arrays
        self._planes: WeakValueDictionary[int, LazyPlane] = WeakValueDictionary()
        self._listing = Lock()
        self.read_only = read_only

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

    def __deepcopy__(self, _memo: dict[int, Any]) -> NDArray[Any]:
        # napari duplicates a layer so: the copy is in memory, and nobody's run
        return np.array(self[...])

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
