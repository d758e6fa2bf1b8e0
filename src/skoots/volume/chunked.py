"""Read parts of an array that is stored in chunks, and keep decoded chunks for a while.

A chunk is decoded whole even when one voxel of it is wanted. Neighbouring tiles, and
the halos of tiles, want the same chunks again; so those used last stay in memory, up
to a budget.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Index = tuple[int, ...]

CACHE_BYTES = 256 << 20
"""Memory for the decoded chunks of one array."""


@dataclass(slots=True, eq=False)
class ChunkCache:
    """Decoded chunks, the least recently used one going first. Safe to share."""

    budget: int = CACHE_BYTES
    """Bytes that are kept, at most."""

    _held: OrderedDict[Index, NDArray[Any]] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Index) -> NDArray[Any] | None:
        """Give a chunk that is held, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Index, chunk: NDArray[Any]) -> None:
        """Hold a chunk, unless it alone is larger than the budget."""
        with self._lock:
            if key in self._held or chunk.nbytes > self.budget:
                return
            self._held[key] = chunk
            self._bytes += chunk.nbytes
            while self._bytes > self.budget:
                _, oldest = self._held.popitem(last=False)
                self._bytes -= oldest.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class ChunkedArray:
    """An array of which only the chunks that are asked for are decoded."""

    shape: tuple[int, ...]
    """Extent along every axis."""

    dtype: np.dtype[Any]
    """Type of an element."""

    chunks: tuple[int, ...]
    """Extent of a chunk along every axis."""

    load: Callable[[Index], NDArray[Any]]
    """Decodes the chunk at a place in the grid; at the far face it may be cut."""

    cache: ChunkCache | None
    """None where a chunk costs nothing to get."""

    def __getitem__(self, index: tuple[int | slice, ...], /) -> NDArray[Any]:
        """Read a part; slices have a start, a stop and no step."""
        spans = [
            Span(item.start, item.stop)
            if isinstance(item, slice)
            else Span(item, item + 1)
            for item in index
        ]
        part = np.empty([span.size for span in spans], self.dtype)
        grids = [
            range(span.start // edge, -(-span.stop // edge))
            for span, edge in zip(spans, self.chunks, strict=True)
        ]
        for place in product(*grids):
            self._copy(place, spans, part)
        return part[tuple(slice(None) if isinstance(i, slice) else 0 for i in index)]

    def _copy(self, place: Index, spans: list[Span], part: NDArray[Any]) -> None:
        """Copy what a chunk and the part that is read have in common."""
        source, target = [], []
        for position, edge, span in zip(place, self.chunks, spans, strict=True):
            first = position * edge
            start, stop = max(first, span.start), min(first + edge, span.stop)
            source.append(slice(start - first, stop - first))
            target.append(slice(start - span.start, stop - span.start))
        part[tuple(target)] = self._chunk(place)[tuple(source)]

    def _chunk(self, place: Index) -> NDArray[Any]:
        if self.cache is None:
            return self.load(place)
        chunk = self.cache.get(place)
        if chunk is None:
            chunk = self.load(place)
            self.cache.put(place, chunk)
        return chunk
