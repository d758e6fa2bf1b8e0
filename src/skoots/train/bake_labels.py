"""Skeletons of labels to look at: points, and what is baked from them.

What a network learns of these labels: for each voxel of an object the way to its
skeleton. Labels are read block by block; the way is calculated so as well, with one
voxel around each block, and is the same as that of the whole volume at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import fastremap
import numpy as np
import psutil
import torch

from skoots.errors import TrainingError
from skoots.events import BlockDone, StageStarted
from skoots.inference.box_parts import box_inside, grow_box
from skoots.lib.skeleton import bake_skeleton
from skoots.train.arrows import Arrows, ArrowThinning
from skoots.train.data.channels import Channels
from skoots.train.data.label_volume import find_objects
from skoots.train.data.skeletonize import make_skeletons
from skoots.volume.axes import triple_to_xyz, vectors_to_zyx, xyz_to_zyx, zyx_to_xyz
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.train.data.label_volume import LabelVolume
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box

    Points = dict[int, NDArray[np.float32]]

STAGE = "bake"

MOST_ARROWS = 50_000
"""More than this a viewer draws slowly, and nobody can tell them apart."""

_BLOCK: Shape3 = (32, 256, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Baked:
    """The skeletons of labels, and what was asked for besides."""

    points: Points
    """(N, 3) along X, Y, Z, in voxels, for each object, as training reads them."""

    places: NDArray[np.float32]
    """(N, 3) along Z, Y, X, in voxels: the points of all objects."""

    ids: NDArray[np.int64]
    """(N,), the object of each of `places`."""

    arrows: Arrows | None
    """From voxels to their skeletons, if they were asked for."""

    distance: NDArray[np.float32] | None
    """(Z, Y, X), to the skeleton, in the unit of the voxel size; 0 in the background;
    if it was asked for."""

    farthest: float
    """The largest of these distances; 0 where there are none."""


def bake_labels(
    source: Source,
    *,
    voxel_size: VoxelSize | None = None,
    arrows: bool = False,
    distance: bool = False,
) -> Generator[Event, None, Baked]:
    """Give each object of labels its skeleton, and each voxel the way to it.

    Parameters
    ----------
    source : Source
        Ids; 0 is background.
    voxel_size : tuple of float, optional
        Edge lengths along Z, Y, X; not what the source says. Of the skeletons only the
        ratios matter.
    arrows : bool
        Whether to give the ways, at most `MOST_ARROWS` of them.
    distance : bool
        Whether to give their lengths, for all voxels.

    Yields
    ------
    StageStarted, BlockDone, ObjectsDone, Notice
        Of the stages ``find``, ``skeletonize`` and ``bake``.

    Returns
    -------
    Baked

    Raises
    ------
    TrainingError
        If these are no labels, there is no object, or there is too little memory for
        the distances.
    """
    if distance:
        _check_memory(source.shape)
    channels = Channels(source.path or Path(source.name), None, (source,))
    volume = yield from find_objects(channels)
    points = yield from make_skeletons(volume, voxel_size=voxel_size)
    size = voxel_size or source.voxel_size or (1.0, 1.0, 1.0)
    field = _Field(volume, points, size, arrows=arrows, distance=distance)
    if arrows or distance:
        yield from field.bake()
    places = [_to_zyx(rows) for rows in points.values()]
    return Baked(
        points,
        np.concatenate(places),
        np.repeat(np.array(list(points), np.int64), [len(p) for p in places]),
        field.thinning.result() if arrows else None,
        field.distance,
        field.farthest,
    )


class _Field:
    """What voxels know of their skeletons, gathered block by block."""

    def __init__(
        self,
        volume: LabelVolume,
        points: Points,
        size: VoxelSize,
        *,
        arrows: bool,
        distance: bool,
    ) -> None:
        self._volume = volume
        self._points = points
        self._spacing = triple_to_xyz(size)
        self._with_arrows = arrows
        self.thinning = ArrowThinning(MOST_ARROWS, size)
        shape = volume.shape_zyx
        self.distance = np.zeros(shape, np.float32) if distance else None
        self.farthest = 0.0

    def bake(self) -> Generator[Event, None, None]:
        blocks = plan_blocks(self._volume.shape_zyx, _BLOCK)
        yield StageStarted(STAGE, 0, len(blocks))
        for number, block in enumerate(blocks, 1):
            self._bake_block(block.core)
            z, y, x = ((s.start, s.stop) for s in block.core)
            yield BlockDone(STAGE, (z, y, x), number, len(blocks))

    def _bake_block(self, core: Box) -> None:
        # a baked point is the mean over a voxel's neighbours, so these are read too
        read, inner = grow_box(core, (1, 1, 1), self._volume.shape_zyx)
        labels = self._volume.channels.read(read)[0]
        kept = box_slices(inner)
        if not labels[kept].any():
            return
        baked, distance = bake_skeleton(
            torch.from_numpy(zyx_to_xyz(labels).astype(np.int64)),
            self._skeletons_in(labels, read),
            self._spacing,
            return_distance=True,
        )
        if self.distance is not None:
            near = xyz_to_zyx(distance[0].numpy())[kept]
            self.distance[box_slices(core)] = near
            self.farthest = max(self.farthest, float(near.max()))
        if self._with_arrows:
            ends = vectors_to_zyx(baked.numpy())[(slice(None), *kept)]
            first = [span.start for span in box_inside(core, read)]
            corner = [span.start for span in core]
            self.thinning.add(labels[kept], ends - _column(first), corner)

    def _skeletons_in(self, labels: NDArray[np.integer], box: Box) -> dict[int, Tensor]:
        z, y, x = (span.start for span in box)
        corner = np.array(triple_to_xyz((z, y, x)), np.float32)
        ids = (int(i) for i in fastremap.unique(labels) if i)
        return {i: torch.from_numpy(self._points[i] - corner) for i in ids}


def _column(triple: list[int]) -> NDArray[np.float32]:
    return np.array(triple, np.float32).reshape(3, 1, 1, 1)


def _to_zyx(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn points along X, Y, Z, (N, 3), as a field of one row is turned."""
    return vectors_to_zyx(points.T[:, :, None, None])[:, 0, :, 0].T


def _check_memory(shape: Shape3) -> None:
    needed, free = 4 * math.prod(shape), int(psutil.virtual_memory().available)
    if needed > free // 2:
        raise TrainingError(
            f"The distances of {shape} voxels (Z, Y, X) take {needed / 1e9:.1f} GB, "
            f"and {free / 1e9:.1f} GB of memory are free. Leave out distance, or "
            "take a part of the labels."
        )
