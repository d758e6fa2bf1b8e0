"""Which final object each provisional one became.

A provisional object is one component of skeletons, as its block sees it alone. Its
first voxel is kept; the component of the whole volume that has this voxel tells the
final id. So who painted with a provisional id has painted that object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from skoots.inference.merge_table import Merged
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Block

_SHOWN, _FOUND = "provisional", "provisional/found"
_KEY = "1"


def note_shown(
    run: RunFolder, block: Block, ids: NDArray[np.uint32], first: NDArray[np.int64]
) -> None:
    """Keep which provisional objects a block shows, before it shows them.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    block : Block
        That is predicted.
    ids, first : ndarray, (N,)
        Of each object, and the first voxel of its skeleton in the block.
    """
    run.markers.begin(_SHOWN)
    run.markers.mark(_SHOWN, block, _KEY, {"ids": ids, "first": first})


def note_found(run: RunFolder, block: Block, components: NDArray[np.uint32]) -> None:
    """Keep the components of a block that its provisional objects belong to.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    block : Block
        That is labelled.
    components : ndarray, (Z, Y, X), uint32
        Of the block.
    """
    if not run.markers.has(_SHOWN, block):
        return
    shown = run.markers.tables(_SHOWN, block, only=("ids", "first"))
    tables = {"ids": shown["ids"], "found": components.reshape(-1)[shown["first"]]}
    run.markers.begin(_FOUND)
    run.markers.mark(_FOUND, block, _KEY, tables)


def final_ids(
    run: RunFolder, merged: Merged, blocks: Sequence[Block]
) -> NDArray[np.uint32]:
    """Give all provisional ids and their final ones.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    merged : Merged
        Of these blocks.
    blocks : sequence of Block
        That are labelled.

    Returns
    -------
    ndarray, (2, N), uint32
        Provisional ids, rising, above the final ones; 0 where there is none.
    """
    pairs = [np.zeros((2, 0), np.uint32)]
    for block in blocks:
        if run.markers.has(_FOUND, block):
            found = run.markers.tables(_FOUND, block, only=("ids", "found"))
            ids = merged.ids_at(block.index, found["found"])
            pairs.append(np.stack([found["ids"], ids]))
    table = np.concatenate(pairs, axis=1)
    return table[:, np.argsort(table[0])]
