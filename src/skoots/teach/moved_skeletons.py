"""Skeletons that somebody moved, as a file that training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.events import result_of
from skoots.teach.skeleton_store import digest_of, mask_in, read_moved
from skoots.teach.skeletons import settle
from skoots.train.data.label_volume import open_labels
from skoots.train.data.skeleton_files import save_skeletons, skeletons_path
from skoots.train.data.skeletonize import make_skeletons
from skoots.volume.axes import points_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.teach.example import Example
    from skoots.volume.tiling import Box


def write_moved_skeletons(
    example: Example,
    path: Path,
    labels: NDArray[Any],
    grid: Shape3,
    region: Box,
    size: VoxelSize | None,
) -> None:
    """Write the skeletons of labels, if somebody moved one of them; the rest is made.

    Parameters
    ----------
    example : Example
        Where they were moved. What changed since does not count.
    path : Path
        Of the labels, which are written already.
    labels : ndarray, (Z, Y, X)
        A part of the example on the grid of a network.
    grid : tuple of int
        Extent of the whole grid.
    region : tuple of Span
        The part of it that the labels are.
    size : tuple of float or None
        Edge lengths of a voxel of the grid.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    step = np.array(grid) / np.array(example.shape)
    start = np.array([span.start for span in region])
    moved: dict[int, NDArray[np.float32]] = {}
    for key, one in read_moved(example.path).items():
        solid = labels == key
        if not len(one.points) or not solid.any():
            continue
        if digest_of(mask_in(example.labels, key, one.box), one.box) != one.digest:
            continue
        there = (one.points + 0.5) * step - 0.5 - start
        moved[key] = points_to_xyz(settle(there, solid))
    if moved:
        made = result_of(make_skeletons(open_labels(path), voxel_size=size))
        save_skeletons(skeletons_path(path), {**made, **moved})
