"""Decoded chunks of an array that is written at the same time.

A held chunk is never changed: who paints makes a new one. So what was handed out stays
what it was, and nobody reads half a stroke. A chunk counts as out of date when its
version is not the one that was asked for before it was read (`SharedChunks`).
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count
from threading import Lock
from typing import TYPE_CHECKING, Any

from skoots.errors import RunError
from skoots.run.chunk_files import DAMAGE
from skoots.run.shared_chunks import Changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.chunk_files import ChunkFiles
    from skoots.run.shared_chunks import SharedChunks

CACHE_BYTES = 512 << 20
"""Memory for decoded chunks: more than a plane of 2048 x 2048 voxels and its chunks."""

WATCHED = 4096
"""Chunks that `look_again` looks at, those read last."""


class ChunkView:
    """Chunks by their place in the grid, those used last held in memory.

    Parameters
    ----------
    files : ChunkFiles
        Where they are stored.
    shared : SharedChunks
        Of the same array.
    budget : int
        Bytes of decoded chunks that are held, at most.

    Attributes
    ----------
    changes : Changes
        What others wrote.
    own : Changes
        What was written through this view.
    """

    def __init__(self, files: ChunkFiles, shared: SharedChunks, budget: int) -> None:
        self.budget = budget
        self._files = files
        self._shared = shared
        self.changes = shared.subscribe()
        self.own = Changes()
        self._lock = Lock()
        self._held: OrderedDict[Shape3, tuple[int, NDArray[Any]]] = OrderedDict()
        self._bytes = 0
        self._stamps: OrderedDict[Shape3, tuple[int, ...] | None] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """How much is held now."""
        return self._bytes

    def get(self, index: Shape3) -> NDArray[Any]:
        """Give a chunk as it is now; nobody may change it.

        Raises
        ------
        RunError
            If it was damaged on disk.
        """
        known = self._known(index)
        if known is not None:
            return known
        with self._shared.hold([index]):
            version = self._shared.version(index)
            self._note_stamp(index)
            try:
                chunk = self._files.read(index)
            except DAMAGE as error:
                place = ".".join(map(str, index))
                raise RunError(
                    f"Labels in chunk {place} (Z.Y.X) cannot be read: it was damaged "
                    f"on disk ({self._files.path(index)}). Resume the run with "
                    "resume=True (--resume): it is made again."
                ) from error
            self.put(index, chunk, version)
        return chunk

    def get_all(self, indices: Sequence[Shape3]) -> list[NDArray[Any]]:
        """Give several chunks; those that are not held are decoded side by side."""
        missing = [i for i in indices if self._known(i) is None]
        # with chunks held, other threads would wait for this one and it for them
        if len(missing) < 2 or self._shared.holding:
            return [self.get(i) for i in indices]
        new = dict(zip(missing, _readers().map(self.get, missing), strict=True))
        return [new[i] if i in new else self.get(i) for i in indices]

    def write(self, chunks: Sequence[tuple[Shape3, NDArray[Any]]]) -> None:
        """Store chunks, which are held by this thread."""
        if len(chunks) > 1:
            list(_writers().map(lambda part: self._files.write(*part), chunks))
        else:
            for index, chunk in chunks:
                self._files.write(index, chunk)
        for index, chunk in chunks:
            chunk.setflags(write=False)
            self._shared.wrote([index], int(chunk.max(initial=0)), self.changes)
            self._note_stamp(index)
            self.own.add([index])
            self.put(index, chunk, self._shared.version(index))

    def put(self, index: Shape3, chunk: NDArray[Any], version: int) -> None:
        """Hold a chunk that is stored."""
        with self._lock:
            _, before = self._held.pop(index, (0, None))
            self._held[index] = version, chunk
            self._bytes += chunk.nbytes - (0 if before is None else before.nbytes)
            while self._bytes > self.budget and self._held:
                _, (_, oldest) = self._held.popitem(last=False)
                self._bytes -= oldest.nbytes

    def look_again(self) -> bool:
        """Look which chunks other processes replaced; tell whether there are any."""
        with self._lock:
            stamps = list(self._stamps.items())
        new = {i: self._files.stamp(i) for i, _ in stamps}
        changed = [i for i, stamp in stamps if new[i] != stamp]
        with self._lock:
            for index in changed:
                self._stamps[index] = new[index]
                _, chunk = self._held.pop(index, (0, None))
                self._bytes -= 0 if chunk is None else chunk.nbytes
        self.changes.add(changed)
        return bool(changed)

    def _note_stamp(self, index: Shape3) -> None:
        """Keep what the file of a chunk is, before it is read."""
        stamp = self._files.stamp(index)
        with self._lock:
            self._stamps[index] = stamp
            self._stamps.move_to_end(index)
            if len(self._stamps) > WATCHED:
                self._stamps.popitem(last=False)

    def _known(self, index: Shape3) -> NDArray[Any] | None:
        with self._lock:
            version, chunk = self._held.get(index, (-1, None))
            if chunk is None or version != self._shared.version(index):
                return None
            self._held.move_to_end(index)
            return chunk


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, cpu_count() or 1), "read-labels")


@cache
def _writers() -> ThreadPoolExecutor:
    """Give threads of their own to who holds chunks: readers may wait for these."""
    return ThreadPoolExecutor(min(4, cpu_count() or 1), "write-labels")
