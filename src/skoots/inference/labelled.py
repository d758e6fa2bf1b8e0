"""What the third pass reads of a run: answers and ids of the blocks that are labelled.

A block wants a wide margin of its neighbours, and chunks are decoded whole; so decoded
chunks are kept until the next block wants them too.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class LabelledVolume:
    """Arrays that are 0 in blocks not labelled, whatever is stored there.

    Such a block may just be written by another process.
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

    held = np.min_scalar_type(merged.skeletons)  # so that more chunks fit into memory

    def ids(block: Shape3, box: Box) -> NDArray[Any]:
        return merged.ids_at(block, run.read("components", box)).astype(held)

    return LabelledVolume(
        _open(run, merged, "i1", lambda _, box: run.read("vectors", box), (3,)),
        _open(run, merged, "?", lambda _, box: run.read("probability", box) > least),
        _open(run, merged, "u4", ids),
    )


def _open(
    run: RunFolder, merged: Merged, dtype: str, read: Read, lead: tuple[int, ...] = ()
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
        return read((i, j, k), (z, y, x))

    return ChunkedArray(
        (*lead, *shape), np.dtype(dtype), (*lead, *chunk), load, ChunkCache()
    )
