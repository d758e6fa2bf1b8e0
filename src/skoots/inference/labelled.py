"""What the third pass reads of a run: answers and ids of the blocks that are labelled.

A block wants a wide margin of its neighbours, and chunks are decoded whole; so decoded
chunks are kept until the next block wants them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.volume.chunked import ChunkCache, ChunkedArray
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.inference.merge_table import Merged
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Box

    Index = tuple[int, ...]
    Read = Callable[[Shape3, Box], NDArray[Any]]


VECTOR_BYTES, ID_BYTES, FOREGROUND_BYTES = 256 << 20, 192 << 20, 64 << 20
"""Memory for decoded chunks: what the blocks side by side want of each array, where
blocks are of the usual size."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledVolume:
    """Arrays that are 0 in blocks not labelled, whatever is stored there.

    A process that died may have left anything there.
    """

    vectors: ChunkedArray
    """(3, Z, Y, X), int8"""

    foreground: ChunkedArray
    """(Z, Y, X), bool"""

    ids: ChunkedArray
    """(Z, Y, X), uint32: the final ids of skeletons"""


def open_labelled(run: RunFolder, merged: Merged, least: int) -> LabelledVolume:
    """Open what is labelled of a run.

    Parameters
    ----------
    run : RunFolder
        Whose arrays are read, in chunks.
    merged : Merged
        The blocks that are labelled, and the ids of their components.
    least : int
        The byte above which a probability means foreground.

    Returns
    -------
    LabelledVolume
        May be read from several threads.
    """
    held = np.min_scalar_type(
        len(merged.places) - 1
    )  # so that more chunks fit into memory

    def ids(block: Shape3, box: Box) -> NDArray[Any]:
        return merged.ids_at(block, run.read("components", box)).astype(held)

    def vectors(_: Shape3, box: Box) -> NDArray[Any]:
        return run.read("vectors", box)

    def foreground(_: Shape3, box: Box) -> NDArray[Any]:
        return run.read("probability", box) > least

    return LabelledVolume(
        _open(run, merged, "i1", vectors, VECTOR_BYTES, (3,)),
        _open(run, merged, "?", foreground, FOREGROUND_BYTES),
        _open(run, merged, "u4", ids, ID_BYTES),
    )


def _open(
    run: RunFolder,
    merged: Merged,
    dtype: str,
    read: Read,
    budget: int,
    lead: tuple[int, ...] = (),
) -> ChunkedArray:
    shape, chunk, block = run.plan.shape_zyx, run.plan.chunk_zyx, run.plan.block_zyx

    def load(place: Index) -> NDArray[Any]:
        starts = [i * n for i, n in zip(place[-3:], chunk, strict=True)]
        z, y, x = (
            Span(start, min(start + size, end))
            for start, size, end in zip(starts, chunk, shape, strict=True)
        )
        i, j, k = (start // size for start, size in zip(starts, block, strict=True))
        if (i, j, k) not in merged.ranges:
            return np.zeros((*lead, z.size, y.size, x.size), dtype)
        return _apart(read((i, j, k), (z, y, x)))

    return ChunkedArray(
        (*lead, *shape), np.dtype(dtype), (*lead, *chunk), load, ChunkCache(budget)
    )


def _apart(chunk: NDArray[Any]) -> NDArray[Any]:
    """Copy a chunk into memory of its own, which goes back to the system with it.

    Chunks that stay long, between arrays that do not, leave holes in the heap: a third
    of what a pass holds.
    """
    if not chunk.nbytes:
        return chunk
    own = np.frombuffer(mmap(-1, chunk.nbytes), chunk.dtype).reshape(chunk.shape)
    own[...] = chunk
    return own
