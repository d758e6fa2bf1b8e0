"""Skeletons that lie beside labels: find, read and save them.

Three names are known, in this order: ``NAME.skeletons.trch``, what this program and the
published training use; ``NAME.labels.tif.skeletons.trch``, what the published command
writes; ``NAME.skeletons.tif``, a volume of ids whose voxels are the points. Skeletons
older than their labels count as missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skoots.errors import (
    CheckpointError,
    SkeletonError,
    StorageError,
    UnsafeCheckpointError,
)
from skoots.lib.objects import as_rows
from skoots.model.safe_file import read_safely, write_safely
from skoots.train.data.pairs import SKELETONS_END, skeletons_path
from skoots.volume.axes import zyx_to_xyz
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3

    Points = dict[int, NDArray[np.float32]]

__all__ = ["find_skeletons", "read_skeletons", "save_skeletons", "skeletons_path"]


def find_skeletons(labels: Path) -> tuple[Path | None, list[Path]]:
    """Find the skeletons of labels.

    Returns
    -------
    found : Path or None
        The first known file that is as new as the labels.
    stale : list of Path
        Known files that are older than the labels.
    """
    ours = skeletons_path(labels)
    known = [
        ours,
        labels.with_name(f"{labels.name}.skeletons{SKELETONS_END}"),
        ours.with_suffix(".tif"),
    ]
    there = [path for path in dict.fromkeys(known) if path.is_file()]
    changed = _changed(labels)
    fresh = [path for path in there if _changed(path) >= changed]
    return (fresh[0] if fresh else None), [p for p in there if p not in fresh]


def read_skeletons(path: Path, shape_zyx: Shape3) -> Points:
    """Read skeletons.

    Parameters
    ----------
    path : Path
        One of the known files.
    shape_zyx : tuple of int
        Extent of the labels, in voxels.

    Returns
    -------
    dict of int to ndarray, (N, 3), float32
        Points along X, Y, Z, in voxels, ascending by id. Empty for the published
        ``{-1: empty}``.

    Raises
    ------
    SkeletonError
        If the file holds no skeletons of such a volume.
    UnsafeCheckpointError
        If it holds more than data; nothing of it was run.
    """
    if path.suffix != SKELETONS_END:
        return _read_volume(path, shape_zyx)
    try:
        content = read_safely(path)
    except UnsafeCheckpointError as error:
        raise UnsafeCheckpointError(
            f"{path} was not read: it holds more than data and might run it. Delete "
            "it, and skeletons are made anew from the labels."
        ) from error
    except CheckpointError as error:
        raise SkeletonError(
            f"{path} holds no skeletons, or it is damaged. Delete it, and they are "
            "made anew from the labels."
        ) from error
    if not isinstance(content, dict) or not all(map(_is_entry, content.items())):
        raise SkeletonError(
            f"{path} holds no skeletons. Save a dictionary of ids, whole numbers, to "
            "tensors of points (N, 3), or delete it."
        )
    rows = {key: as_rows(key, content[key]) for key in sorted(content) if key > 0}
    for key, points in rows.items():
        if not np.isfinite(points).all():
            raise SkeletonError(
                f"{path} has points of object {key} that are no numbers. Delete it, "
                "and skeletons are made anew from the labels."
            )
    return {key: points for key, points in rows.items() if len(points)}


def save_skeletons(path: Path, points: Mapping[int, NDArray[np.float32]]) -> None:
    """Save skeletons in one step, as the published program reads them.

    Raises
    ------
    StorageError
        If the disk is full or nothing may be written there.
    """
    tensors = {key: torch.from_numpy(rows) for key, rows in points.items()}
    try:
        write_safely(path, tensors)
    except StorageError as error:
        why = getattr(error.__cause__, "strerror", None) or error
        raise StorageError(
            f"The skeletons cannot be written to {path}: {why}. Make room, or change "
            "the permissions of the folder."
        ) from error


def _is_entry(entry: tuple[Any, Any]) -> bool:
    return type(entry[0]) is int and isinstance(entry[1], torch.Tensor)


def _changed(path: Path) -> int:
    """Give when a file, or the newest file within a folder, was written."""
    inside = (p.stat().st_mtime_ns for p in path.rglob("*") if p.is_file())
    return max(inside, default=0) if path.is_dir() else path.stat().st_mtime_ns


def _read_volume(path: Path, shape_zyx: Shape3) -> Points:
    source = open_source(path)
    if source.dtype.kind not in "iu":
        raise SkeletonError(
            f"{path} holds {source.dtype} and no ids. Save skeletons as whole numbers: "
            "at each point the id of its object."
        )
    if source.shape != shape_zyx:
        raise SkeletonError(
            f"{path} has the shape {source.shape} and its labels {shape_zyx} "
            "(Z, Y, X). Delete it, and skeletons are made anew from the labels."
        )
    volume = zyx_to_xyz(source.read(whole(source.shape)))
    voxels = np.argwhere(volume > 0)
    owner = volume[tuple(voxels.T)]
    order = np.argsort(owner, kind="stable")
    ids, starts = np.unique(owner[order], return_index=True)
    parts = np.split(voxels[order].astype(np.float32), starts[1:]) if len(ids) else []
    return {int(key): part for key, part in zip(ids, parts, strict=True)}
