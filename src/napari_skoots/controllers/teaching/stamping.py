"""What is painted in an example, written into the labels of a run to stay there.

A network draws an object a little larger or smaller than a person. What it finds around
one that is painted already is left as a rim, an object of its own that is none.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.labels_array import ZarrLabels
from skoots.events import result_of
from skoots.validate.measure import measure_objects
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.teach.example import Example

REACH = 3
"""Voxels around what is painted in which a rim lies."""

RIM = 0.5
"""Share of an object's voxels that lie there from which on it is a rim."""

_AT_ONCE = (32, 256, 256)
"""Voxels that are written at once, along Z, Y, X."""


def keep_painted(run: Path, example: Example) -> Callable[[], object]:
    """Write what is painted into a run that begins; give what is done when it ends.

    Parameters
    ----------
    run : Path
        The run folder.
    example : Example
        Of the same image.
    """
    return partial(clear_rims, run, stamp(run, example))


def stamp(run: Path, example: Example) -> list[int]:
    """Write what is painted in an example into the labels of a run, as strokes.

    Parameters
    ----------
    run : Path
        The run folder.
    example : Example
        Of the same image.

    Returns
    -------
    list of int
        The labels that the objects have in the run.
    """
    import fastremap  # noqa: PLC0415 - on use

    table = result_of(measure_objects(example.labels))
    labels = ZarrLabels.of_run(run)
    try:
        new = {int(number): labels.next_label() for number in table.ids}
        for block in plan_blocks(example.shape, _AT_ONCE):
            place = box_slices(block.core)
            mine = np.asarray(example.labels[place])
            # somebody may paint on: an object that nobody measured stays out
            known = np.isin(mine, table.ids)
            if known.any():
                part = labels[place]
                part[known] = fastremap.remap(mine[known], new)
                labels[place] = part
    finally:
        labels.close()
    return list(new.values())


def clear_rims(run: Path, painted: list[int]) -> int:
    """Erase objects of a run that are no more than the rim of a painted one.

    Parameters
    ----------
    run : Path
        The run folder, of a run that has ended.
    painted : list of int
        Labels of what is painted.

    Returns
    -------
    int
        How many were erased.
    """
    labels = ZarrLabels.of_run(run)
    try:
        table = result_of(measure_objects(labels))
        boxes = dict(zip(table.ids.tolist(), table.box_zyx.tolist(), strict=True))
        sizes = dict(zip(table.ids.tolist(), table.voxels.tolist(), strict=True))
        beside: dict[int, int] = {}
        for number in painted:
            if number in boxes:
                for other, voxels in _around(labels, number, boxes[number]).items():
                    beside[other] = beside.get(other, 0) + voxels
        mine = set(painted)
        rims = [i for i, n in beside.items() if i not in mine and n >= RIM * sizes[i]]
        for number in rims:
            place = tuple(slice(low, high) for low, high in boxes[number])
            part = labels[place]
            part[part == number] = 0
            labels[place] = part
    finally:
        labels.close()
    return len(rims)


def _around(labels: ZarrLabels, number: int, box: list[list[int]]) -> dict[int, int]:
    """Count the voxels of other objects near one, by label."""
    from scipy import ndimage  # noqa: PLC0415 - on use

    place = tuple(
        slice(max(0, low - REACH), min(n, high + REACH))
        for (low, high), n in zip(box, labels.shape, strict=True)
    )
    part: NDArray[Any] = labels[place]
    own = part == number
    near = ndimage.binary_dilation(own, iterations=REACH) & ~own
    found, voxels = np.unique(part[near & (part > 0)], return_counts=True)
    return dict(zip(found.tolist(), voxels.tolist(), strict=True))
