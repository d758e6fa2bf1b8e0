"""The labels of a volume: which objects there are and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import fastremap
import numpy as np
from scipy import ndimage

from skoots.errors import TrainingError
from skoots.events import BlockDone, StageStarted, result_of
from skoots.train.data.channels import Channels, open_channels
from skoots.volume.source import open_source
from skoots.volume.tiling import Span, plan_blocks, whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.volume.tiling import Box

STAGE = "find"
_BLOCK: Shape3 = (64, 512, 512)
_LARGEST = 2**63 - 1
"""Tensors hold no larger ids."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelVolume:
    """Labels that are open, with the box around each object."""

    path: Path
    channels: Channels
    """The one volume of ids; held in memory if it was asked for."""

    objects: dict[int, Box]
    """The tight box around each object, ascending by id."""

    @property
    def shape_zyx(self) -> Shape3:
        """Extent, in voxels."""
        return self.channels.shape_zyx

    def mask(self, key: int) -> NDArray[np.bool_]:
        """Give the voxels of an object within its box, (Z, Y, X)."""
        return np.asarray(self.channels.read(self.objects[key])[0] == key)


def open_labels(path: Path, *, in_memory: bool = False) -> LabelVolume:
    """Open labels and find their objects.

    Parameters
    ----------
    path : Path
        A TIFF or a zarr folder of ids; 0 is background.
    in_memory : bool
        Whether to read them whole; else they are read once, block by block, and
        again where they are asked for.

    Raises
    ------
    TrainingError
        If they are no whole numbers, have an id below 0 or no object.
    SourceError
        If they are no volume.
    """
    return result_of(find_objects(open_channels(path), in_memory=in_memory))


def find_objects(
    channels: Channels, *, in_memory: bool = False
) -> Generator[Event, None, LabelVolume]:
    """Find the objects of labels that are open, block by block.

    Parameters
    ----------
    channels : Channels
        The labels.
    in_memory : bool
        As for `open_labels`.

    Yields
    ------
    StageStarted, BlockDone
        Of the stage ``find``.

    Returns
    -------
    LabelVolume

    Raises
    ------
    TrainingError
        As `open_labels`.
    """
    _check_kind(channels)
    if in_memory:
        channels = _read(channels)
    path, objects = channels.path, (yield from _find_objects(channels))
    if not objects:
        raise TrainingError(
            f"{path} has no objects: all its voxels are 0. Give each object an id of "
            "its own, or take the volume for background (BACKGROUND_DATA_DIR)."
        )
    ids = min(objects), max(objects)
    if ids[0] < 0 or ids[1] > _LARGEST:
        raise TrainingError(
            f"{path} has ids from {ids[0]} to {ids[1]}. Use 0 for background and ids "
            f"from 1 to {_LARGEST} for objects."
        )
    return LabelVolume(path, channels, {key: objects[key] for key in sorted(objects)})


def _check_kind(channels: Channels) -> None:
    if len(channels.sources) > 1:
        raise TrainingError(
            f"{channels.path} has {len(channels.sources)} channels. Save one volume of "
            "ids."
        )
    if channels.dtype.kind not in "iu":
        raise TrainingError(
            f"{channels.path} holds {channels.dtype} and no ids. Save its labels as "
            "whole numbers, one for each object."
        )


def _read(channels: Channels) -> Channels:
    """Hold labels in memory. A process that is handed them opens the file instead."""
    values = channels.read(whole(channels.shape_zyx))[0]
    held = open_source(values, voxel_size=channels.voxel_size)
    return replace(channels, sources=(held,))


def _find_objects(channels: Channels) -> Generator[Event, None, dict[int, Box]]:
    """Find the box around each object, block by block."""
    found: dict[int, Box] = {}
    blocks = plan_blocks(channels.shape_zyx, _BLOCK)
    yield StageStarted(STAGE, 0, len(blocks))
    for number, block in enumerate(blocks, 1):
        labels = channels.read(block.core)[0]
        compact, old_to_new = fastremap.renumber(labels, preserve_zero=True)
        boxes = ndimage.find_objects(compact)
        for old, new in old_to_new.items():
            if old != 0:
                box = _shift(boxes[int(new) - 1], block.core)
                key = int(old)
                found[key] = _join(found[key], box) if key in found else box
        z, y, x = ((s.start, s.stop) for s in block.core)
        yield BlockDone(STAGE, (z, y, x), number, len(blocks))
    return found


def _shift(slices: tuple[slice, ...], core: Box) -> Box:
    z, y, x = (
        Span(part.start + span.start, part.stop + span.start)
        for part, span in zip(slices, core, strict=True)
    )
    return z, y, x


def _join(one: Box, other: Box) -> Box:
    z, y, x = (
        Span(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in zip(one, other, strict=True)
    )
    return z, y, x
