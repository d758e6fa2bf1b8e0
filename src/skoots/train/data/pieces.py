"""Objects in several pieces: counted, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cc3d
import fastremap
import numpy as np

from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MASK_PIECES = 50
"""In so many pieces is no object, but all of a kind."""


def count_pieces_of_all(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Count the pieces of each object; corners connect.

    Parameters
    ----------
    labels : ndarray, (Z, Y, X), integer
        Object ids; 0 is background.

    Returns
    -------
    ndarray, (K,), int64
        One number for each object, in no order.

    Examples
    --------
    >>> count_pieces_of_all(np.array([[[1, 0, 1, 2, 2]]]))
    array([2, 1])
    """
    compact, _ = fastremap.renumber(labels, preserve_zero=True)
    pieces, count = cc3d.connected_components(compact, connectivity=26, return_N=True)
    owner = np.zeros(count + 1, np.int64)
    owner[pieces.ravel()] = compact.ravel()
    return np.bincount(owner[1:])[1:]


def notice_pieces(
    labels: Path, pieces: Sequence[int] | NDArray[np.int64]
) -> Iterator[Notice]:
    """Say if objects are in several pieces, and if they look like no objects at all.

    Parameters
    ----------
    labels : Path
        Where they are.
    pieces : sequence of int, or ndarray
        In how many pieces each object is.
    """
    broken = sum(int(count) > 1 for count in pieces)
    if not broken:
        return
    text = (
        f"{broken} of {len(pieces)} objects in {labels.name} are in several pieces, "
        "each with a skeleton part of its own; give each piece its own id if they are "
        "different objects"
    )
    most = int(max(pieces))
    if 2 * broken > len(pieces) or most >= _MASK_PIECES:
        text += (
            f". One id has {most} pieces: this looks like a mask, in which all objects "
            "share an id. Give each object a number of its own, for example by "
            "connected components"
        )
    yield Notice(text)
