"""One chunk of an array at a time, straight from and to its file where that is safe.

zarr takes three times as long over one chunk as its codec does, and reads a chunk that
is cut by a face before it writes it. So arrays as the engine makes them (plain files,
zstd or nothing) are read and written here; any other goes through zarr. A file gets its
name when it is whole, so a reader meets the old chunk or the new one.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import product
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np
from numcodecs.zstd import Zstd  # what zarr itself uses
from zarr.codecs import BytesCodec, ZstdCodec
from zarr.storage import LocalStore

from skoots.run.storage import PARTIAL

if TYPE_CHECKING:
    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3

DAMAGE = (RuntimeError, ValueError)
"""What is raised for a chunk that cannot be decoded, here and by zarr."""

_TRIES, _PAUSE_S = 50, 0.002
"""Windows refuses to replace a file while another thread reads it."""


class ChunkFiles:
    """The chunks of an array of three axes.

    Parameters
    ----------
    array : zarr.Array
        (Z, Y, X), of integers, empty where nothing is stored.

    Attributes
    ----------
    shape, chunks : tuple of int
        Of the array, and of what is stored at once, a chunk or a shard, in voxels.
    dtype : numpy.dtype
        Of a voxel.
    """

    def __init__(self, array: zarr.Array[Any]) -> None:
        self.shape: Shape3 = (array.shape[0], array.shape[1], array.shape[2])
        z, y, x = array.shards or array.chunks
        self.chunks: Shape3 = (z, y, x)
        self.dtype = np.dtype(array.dtype)
        self._array = array
        self._folder = _folder_of_plain(array)
        self._compressor = _compressor(array) if self._folder else None

    @property
    def grid(self) -> Shape3:
        """How many chunks there are along each axis."""
        z, y, x = (-(-n // c) for n, c in zip(self.shape, self.chunks, strict=True))
        return z, y, x

    def box(self, index: Shape3) -> tuple[slice, slice, slice]:
        """Give the voxels of a chunk; at a far face it is cut."""
        z, y, x = (
            slice(i * size, min((i + 1) * size, length))
            for i, size, length in zip(index, self.chunks, self.shape, strict=True)
        )
        return z, y, x

    def path(self, index: Shape3) -> Path | None:
        """Give the file of a chunk; None where there is no telling."""
        if self._folder is None:
            return None
        return self._folder / self._array.metadata.encode_chunk_key(index)

    def stamp(self, index: Shape3) -> tuple[int, ...] | None:
        """Give what differs when a chunk's file was replaced; None without a file."""
        path = self.path(index)
        try:
            facts = None if path is None else path.stat()
        except OSError:
            return None
        return facts and (facts.st_mtime_ns, facts.st_size, facts.st_ino)

    def stored(self) -> set[Shape3]:
        """List the chunks that hold anything; all where there is no telling."""
        folder = self._folder
        if folder is None or self.path((1, 2, 3)) != folder.joinpath(*"c123"):
            a, b, c = map(range, self.grid)
            return set(product(a, b, c))
        found: set[Shape3] = set()
        for path, _, names in os.walk(folder / "c"):
            z_y = Path(path).relative_to(folder / "c").parts
            if len(z_y) == 2:
                z, y = map(int, z_y)
                found.update((z, y, int(name)) for name in names if name.isdecimal())
        return found

    def read(self, index: Shape3) -> NDArray[Any]:
        """Give a chunk, which nobody may change.

        Raises
        ------
        RuntimeError, ValueError
            If it is damaged on disk.
        """
        path, box = self.path(index), self.box(index)
        if path is None:
            chunk = np.asarray(self._array[box])
        else:
            chunk = self._decode(path)[tuple(slice(s.stop - s.start) for s in box)]
        chunk.setflags(write=False)
        return chunk

    def _decode(self, path: Path) -> NDArray[Any]:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return np.broadcast_to(np.zeros((), self.dtype), self.chunks)
        if self._compressor is not None:
            content = self._compressor.decode(content)
        voxels = np.frombuffer(content, self.dtype.newbyteorder("<"))
        return voxels.reshape(self.chunks).astype(self.dtype, copy=False)

    def write(self, index: Shape3, chunk: NDArray[Any]) -> None:
        """Store a chunk. One without anything in it has no file.

        Parameters
        ----------
        index : tuple of int
            Its place in the grid.
        chunk : ndarray, (Z, Y, X)
            Of the shape of `box`.
        """
        path = self.path(index)
        if path is None:
            self._array[self.box(index)] = chunk
        elif not chunk.any():
            path.unlink(missing_ok=True)
        else:
            _replace(path, self._encode(chunk))

    def _encode(self, chunk: NDArray[Any]) -> bytes | memoryview:
        if chunk.shape != self.chunks:
            whole = np.zeros(self.chunks, self.dtype)
            whole[tuple(map(slice, chunk.shape))] = chunk
            chunk = whole
        chunk = np.ascontiguousarray(chunk, self.dtype.newbyteorder("<"))
        if self._compressor is None:
            return chunk.data
        content: bytes = self._compressor.encode(chunk)
        return content


def _folder_of_plain(array: zarr.Array[Any]) -> Path | None:
    """Give the folder of an array whose chunks are files of one known kind."""
    metadata, store = array.metadata, array.store
    if metadata.zarr_format != 3 or not isinstance(store, LocalStore):
        return None
    names = [type(codec) for codec in metadata.codecs]
    if names not in ([BytesCodec], [BytesCodec, ZstdCodec]) or array.fill_value != 0:
        return None
    endian = getattr(metadata.codecs[0], "endian", None)
    if getattr(endian, "value", endian) not in (None, "little"):
        return None
    return Path(store.root) / array.path


def _compressor(array: zarr.Array[Any]) -> Zstd | None:
    for codec in getattr(array.metadata, "codecs", ()):
        if isinstance(codec, ZstdCodec):
            return Zstd(level=codec.level, checksum=codec.checksum)
    return None


def _replace(path: Path, content: bytes | memoryview) -> None:
    """Write a file under another name, then rename it; do not wait for the disk."""
    partial = path.with_name(f"{path.name}.{get_ident()}{PARTIAL}")
    try:
        try:
            partial.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
        for _ in range(_TRIES):
            with suppress(PermissionError):
                partial.replace(path)
                return
            if os.name == "posix":
                break
            time.sleep(_PAUSE_S)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
