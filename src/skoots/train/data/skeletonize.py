"""Make the skeletons of labels: on several threads, object by object.

Labels are never held whole for this; an object is read within its box when its turn
comes. So a zarr larger than the memory gets its skeletons as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import StorageError
from skoots.events import Notice, ObjectsDone, StageStarted
from skoots.inference.in_order import work_in_order
from skoots.train.data.astray import find_astray
from skoots.train.data.channels import open_channels
from skoots.train.data.label_volume import open_labels
from skoots.train.data.memory import fits, memory_budget
from skoots.train.data.pairs import find_pairs, refuse_image
from skoots.train.data.pieces import notice_pieces
from skoots.train.data.skeleton_files import (
    find_skeletons,
    read_skeletons,
    save_skeletons,
    skeletons_path,
)
from skoots.train.generate_skeletons import count_pieces, skeletonize_object
from skoots.volume.axes import triple_to_xyz, zyx_to_xyz

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from skoots._types import VoxelSize
    from skoots.events import Event
    from skoots.train.data.label_volume import LabelVolume
    from skoots.train.data.pairs import Folders

    Points = dict[int, NDArray[np.float32]]

STAGE = "skeletonize"
_AT_ONCE = 16
"""Objects that a thread takes at a time, at most."""

_SHARES = 8
"""Times that a thread comes back for more, if there are few objects."""

_UNKNOWN: VoxelSize = (1.0, 1.0, 1.0)
"""Taken where nobody said how large a voxel is: its edges are alike."""


def skeletonize_file(
    labels: Path, *, voxel_size: VoxelSize | None = None
) -> Generator[Event, None, Path]:
    """Make the skeletons of a file of labels anew and save them beside it.

    Parameters
    ----------
    labels : Path
        A TIFF or a zarr folder of ids.
    voxel_size : tuple of float, optional
        Edge lengths along Z, Y, X; not what the file says. Only the ratios matter.

    Yields
    ------
    StageStarted, ObjectsDone, Notice

    Returns
    -------
    Path
        ``NAME.skeletons.trch``.

    Raises
    ------
    TrainingError, SourceError
        If the file holds no ids or no objects, or is an image beside its labels.
    StorageError
        If nothing may be written beside the labels.
    """
    refuse_image(labels)
    volume = open_labels(labels)
    points = yield from make_skeletons(volume, voxel_size=voxel_size)
    path = skeletons_path(labels)
    save_skeletons(path, points)
    return path


def prepare_skeletons(folders: Folders) -> Generator[Event, None, None]:
    """Make and save the skeletons that are missing in folders of training data.

    A data set does so itself, but without a word while it is made. What it will say of
    the skeletons when it is loaded is left to it.

    Parameters
    ----------
    folders : path, or list of path
        As for `dataset`.

    Yields
    ------
    StageStarted, ObjectsDone, Notice
    """
    for pair in find_pairs(folders):
        found, stale = find_skeletons(pair.labels)
        if found is not None:
            continue
        labels = open_labels(pair.labels)
        image = open_channels(pair.image, labels.shape_zyx)
        said: list[str] = []
        yield from kept_back(
            ensure_skeletons(labels, voxel_size=image.voxel_size), said
        )
        if find_skeletons(pair.labels)[0] is None:
            continue  # nothing was saved: they are made again, and all is said again
        if fits(image, memory_budget()):
            said = said[: len(stale)]  # pieces of what is held are counted again
        yield from map(Notice, said)


def kept_back(
    job: Generator[Event, None, Points], said: list[str]
) -> Generator[Event, None, Points]:
    """Hand on the events of a job, but note what it has to say instead."""
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            points: Points = end.value
            return points
        if isinstance(event, Notice):
            said.append(event.message)
        else:
            yield event


def ensure_skeletons(
    volume: LabelVolume, *, voxel_size: VoxelSize | None = None
) -> Generator[Event, None, Points]:
    """Read the skeletons of labels, or make and save them where they are missing.

    They are made again if they are older than the labels. Objects that a file leaves
    out, or to which it gives the skeleton of something else, get theirs in memory
    alone: the file may be a user's own. A folder in which nothing may be written is no
    error: the skeletons stay in memory.

    Yields
    ------
    StageStarted, ObjectsDone, Notice

    Returns
    -------
    dict of int to ndarray, (N, 3), float32
        Points along X, Y, Z, in voxels, for each object, ascending by id.
    """
    found, stale = find_skeletons(volume.path)
    if found is not None:
        read = read_skeletons(found, volume.shape_zyx)
        return (yield from _completed(volume, read, found, voxel_size))
    for path in stale:
        yield Notice(f"{path} is older than the labels: skeletons are made anew")
    points = yield from make_skeletons(volume, voxel_size=voxel_size)
    try:
        save_skeletons(skeletons_path(volume.path), points)
    except StorageError as error:
        yield Notice(f"skeletons stay in memory and are made again next time: {error}")
    return points


def make_skeletons(
    volume: LabelVolume,
    only: Sequence[int] | None = None,
    *,
    voxel_size: VoxelSize | None = None,
) -> Generator[Event, None, Points]:
    """Give each object its skeleton.

    Parameters
    ----------
    volume : LabelVolume
        Open labels.
    only : sequence of int, optional
        Ids of some of the objects.
    voxel_size : tuple of float, optional
        Edge lengths along Z, Y, X; not what the file says. Only the ratios matter.

    Yields
    ------
    StageStarted, ObjectsDone, Notice

    Returns
    -------
    dict of int to ndarray, (N, 3), float32
    """
    size = voxel_size or volume.channels.voxel_size or _UNKNOWN
    spacing, shape = triple_to_xyz(size), triple_to_xyz(volume.shape_zyx)

    def work(keys: Sequence[int]) -> list[tuple[int, NDArray[np.float32], int]]:
        results = []
        for key in keys:
            mask = zyx_to_xyz(volume.mask(key))
            z, y, x = (span.start for span in volume.objects[key])
            axis = skeletonize_object(mask, triple_to_xyz((z, y, x)), shape, spacing)
            results.append((key, axis, count_pieces(mask)))
        return results

    keys = list(volume.objects) if only is None else list(only)
    workers = torch.get_num_threads()
    share = max(1, min(_AT_ONCE, len(keys) // (_SHARES * workers)))
    shares = [keys[k : k + share] for k in range(0, len(keys), share)]
    points: Points = {}
    pieces: list[int] = []
    yield StageStarted(STAGE, 0, len(keys))
    for done in work_in_order(work, shares, workers):
        for key, axis, count in done:
            points[key] = axis
            pieces.append(count)
        yield ObjectsDone(STAGE, len(points), len(keys))
    yield from notice_pieces(volume.path, pieces)
    return points


def _completed(
    volume: LabelVolume, points: Points, path: Path, voxel_size: VoxelSize | None
) -> Generator[Event, None, Points]:
    """Make what a file of skeletons lacks or has wrong, and drop what has no object."""
    count = len(volume.objects)
    missing = [key for key in volume.objects if key not in points]
    astray = find_astray(volume, points)
    wrong: list[str] = []
    if missing:
        wrong.append(f"has no skeleton for {len(missing)} of {count} objects")
    if astray:
        wrong.append(
            f"has skeletons that lie beside their objects for {len(astray)} of {count}:"
            " they seem to belong to other labels"
        )
    if wrong:
        yield Notice(
            f"{path.name} {', and '.join(wrong)}; theirs are made at each start and "
            "the file stays as it is. Delete it, and all are made anew and saved"
        )
        job = make_skeletons(volume, sorted(missing + astray), voxel_size=voxel_size)
        # whoever loads the labels counts the pieces of all objects
        points = points | (yield from kept_back(job, []))
    return {key: points[key] for key in volume.objects}
