"""Write labels as an OME-Zarr, whatever array they are in, with coarser levels.

*Source:* OME-Zarr 0.5, sections "multiscales" and "labels"
(https://ngff.openmicroscopy.org/0.5/).

The labels are read a box of chunks at a time, each level from the one before, so memory
does not grow with the volume. The folder gets its name only when it is whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from skoots.errors import RunError
from skoots.events import BlockDone, StageStarted
from skoots.inference.labels_out import (
    check_free,
    check_labels,
    take_part,
    whole_or_nothing,
)
from skoots.inference.pyramid import plan_levels
from skoots.run.ome import image_of_labels_metadata
from skoots.volume.tiling import CHUNK_LIMIT, plan_blocks

if TYPE_CHECKING:
    from collections.abc import Generator
    from os import PathLike

    from skoots._types import Shape3, VoxelSize
    from skoots.events import Event
    from skoots.inference.labels_out import LabelArray
    from skoots.inference.pyramid import Level
    from skoots.volume.tiling import Block

STAGE = "convert"
"""The name of this job's only stage in its events."""

SUFFIX = ".zarr"

BOX: Shape3 = (16, 1024, 1024)
"""What is read and written at once, in voxels: whole chunks."""

_ZSTD = ZstdCodec(level=5)  # read more often than written


def write_labels_ome_zarr(
    labels: LabelArray,
    path: str | PathLike[str],
    voxel_size: VoxelSize | None = None,
    *,
    origin: VoxelSize = (0.0, 0.0, 0.0),
    name: str | None = None,
    overwrite: bool = False,
) -> Generator[Event, None, Path]:
    """Write labels as an OME-Zarr 0.5 image label with a pyramid.

    Parameters
    ----------
    labels : array, (Z, Y, X), integers
        Anything that gives a part of itself when it is indexed with slices.
    path : path
        The folder, which ends in ``.zarr``.
    voxel_size : tuple of float, optional
        Along Z, Y, X, in micrometres.
    origin : tuple of float
        Where the first voxel lies along Z, Y, X, in micrometres, or in voxels where
        there is no voxel size.
    name : str, optional
        What the labels are called inside.
    overwrite : bool
        Replace a zarr folder that is there.

    Yields
    ------
    Event
        ``StageStarted`` and one ``BlockDone`` for each box of each level.

    Returns
    -------
    path
        The folder that was written.

    Raises
    ------
    ShapeError
        If the array is no labels.
    RunError
        If the folder has no name of a zarr, lies in a run, or is none to be replaced.
    RunExistsError
        If the folder exists and `overwrite` is not set.
    StorageError
        If the disk is full or nothing may be written there.
    """
    folder = Path(path)
    check_labels(labels)
    _check_place(folder, overwrite=overwrite)
    with whole_or_nothing(folder) as partial:
        yield from _write(labels, partial, voxel_size)
        group = zarr.open_group(partial, mode="r+")
        levels = plan_levels(_shape(labels), voxel_size)
        group.attrs["ome"] = image_of_labels_metadata(
            name or folder.name.removesuffix(SUFFIX).removesuffix(".ome"),
            [(1, 1, 1), *(level.step for level in levels)],
            voxel_size,
            origin,
        )
        _check_place(folder, overwrite=overwrite)
    return folder


def _check_place(folder: Path, *, overwrite: bool) -> None:
    if not folder.name.endswith(SUFFIX):
        raise RunError(f"{folder} is no name for an OME-Zarr. Let it end in .zarr.")
    check_free(folder, overwrite=overwrite)
    # only what is surely a store is ever deleted
    if folder.exists() and not (folder / "zarr.json").is_file():
        raise RunError(
            f"{folder} is there and is no zarr that can be replaced. Choose another "
            "name."
        )


def _shape(labels: LabelArray) -> Shape3:
    z, y, x = labels.shape
    return z, y, x


def _write(
    labels: LabelArray, folder: Path, voxel_size: VoxelSize | None
) -> Generator[Event, None, None]:
    """Write all levels, the finest first."""
    shape = _shape(labels)
    levels = plan_levels(shape, voxel_size)
    group = zarr.create_group(folder)
    shapes = [shape, *(level.shape for level in levels)]
    dtype = np.dtype(labels.dtype)
    arrays = [_create(group, str(i), s, dtype) for i, s in enumerate(shapes)]
    work: list[tuple[int, Block]] = [
        (i, block) for i, s in enumerate(shapes) for block in plan_blocks(s, BOX)
    ]
    yield StageStarted(STAGE, 0, len(work))
    for done, (number, block) in enumerate(work, start=1):
        z, y, x = block.core
        if number:
            key = _before(block, levels[number - 1], arrays[number - 1].shape)
            part = take_part(arrays[number - 1], key)
        else:
            part = take_part(labels, (z.slice, y.slice, x.slice))
        if part.any():
            arrays[number][z.slice, y.slice, x.slice] = part
        box = (z.start, z.stop), (y.start, y.stop), (x.start, x.stop)
        yield BlockDone(STAGE, box, done, len(work))


def _before(
    block: Block, level: Level, shape: tuple[int, ...]
) -> tuple[slice, slice, slice]:
    """Pick what a block of a level takes of the level before."""
    z, y, x = (
        slice(span.start * step, min(span.stop * step, length), step)
        for span, step, length in zip(block.core, level.taken, shape, strict=True)
    )
    return z, y, x


def _create(
    group: zarr.Group, name: str, shape: Shape3, dtype: np.dtype[Any]
) -> zarr.Array[Any]:
    z, y, x = (min(n, limit) for n, limit in zip(shape, CHUNK_LIMIT, strict=True))
    return group.create_array(
        name,
        shape=shape,
        chunks=(z, y, x),
        dtype="uint8" if dtype.kind == "b" else dtype.newbyteorder("="),
        compressors=_ZSTD,
        fill_value=0,
        dimension_names=("z", "y", "x"),
    )
