"""Skeletons that somebody moved, as a file that training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.events import result_of
from skoots.teach.skeleton_store import as_bounds, digest_of, mask_in, read_moved
from skoots.teach.skeletons import settle
from skoots.train.data.label_volume import open_labels
from skoots.train.data.skeleton_files import save_skeletons, skeletons_path
from skoots.train.data.skeletonize import make_skeletons
from skoots.volume.axes import points_to_xyz
from skoots.volume.resample import nearest_indices

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.teach.example import Example
    from skoots.teach.skeleton_store import Bounds
    from skoots.validate.measure import ObjectTable
    from skoots.volume.tiling import Box


def write_moved_skeletons(
    example: Example,
    objects: ObjectTable,
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
    objects : ObjectTable
        What is painted there.
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
    painted = zip(objects.ids.tolist(), objects.box_zyx, strict=True)
    boxes = {key: as_bounds(box) for key, box in painted}
    moved: dict[int, NDArray[np.float32]] = {}
    for key, one in read_moved(example.path).items():
        if not len(one.points) or boxes.get(key) != one.box:
            continue
        bounds = _on_grid(one.box, example.shape, grid, region)
        solid = mask_in(labels, key, bounds)  # of a region it may be a small part
        if not solid.any():
            continue
        if digest_of(mask_in(example.labels, key, one.box), one.box) != one.digest:
            continue
        there = (one.points + 0.5) * step - 0.5 - start
        z, y, x = (low for low, _ in bounds)
        moved[key] = points_to_xyz(settle(there, solid, (z, y, x), labels.shape))
    if moved:
        made = result_of(make_skeletons(open_labels(path), voxel_size=size))
        save_skeletons(skeletons_path(path), {**made, **moved})


def _on_grid(box: Bounds, shape: Shape3, grid: Shape3, region: Box) -> Bounds:
    """Give where in a region of a grid the voxels of a box of the image are."""
    found = []
    for (low, high), n_in, n_out, span in zip(box, shape, grid, region, strict=True):
        taken = nearest_indices(n_out, n_in)[span.slice]
        found.append(np.searchsorted(taken, (low, high)))
    return as_bounds(np.array(found))
