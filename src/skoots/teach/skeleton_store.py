"""Skeletons of painted objects, and those that somebody moved, on disk.

A skeleton that somebody moved belongs to the object as it was then. It is known by a
digest of the object's voxels, and waits while more of the object is painted: it is
theirs again when that is undone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.remedies import PAINTING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.volume.array_source import Array

    Bounds = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

RECORD = "skeletons.json"
"""Beside the example's labels: what was moved."""

_DAMAGED = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """The axis of one object."""

    box: Bounds
    """Of the object, along Z, Y, X, in voxels."""

    digest: str
    """Of the object's voxels: another one where they are others."""

    points: NDArray[np.float32]
    """(N, 3), along Z, Y, X, in voxels of the image."""


def mask_in(labels: Array, number: int, box: Bounds) -> NDArray[np.bool_]:
    """Give the voxels of an object within a box, (Z, Y, X)."""
    z, y, x = (slice(*span) for span in box)
    found: NDArray[np.bool_] = np.asarray(labels[z, y, x]) == number
    return found


def digest_of(mask: NDArray[np.bool_], box: Bounds) -> str:
    """Give what differs as soon as an object has other voxels."""
    digest = hashlib.blake2b(repr(box).encode(), digest_size=16)
    digest.update(np.packbits(mask).tobytes())
    return digest.hexdigest()


def read_moved(folder: Path) -> dict[int, Skeleton]:
    """Read the skeletons that somebody moved; a damaged file counts as none."""
    try:
        return _read(folder / RECORD)
    except _DAMAGED:
        return {}


def set_aside_damaged(folder: Path) -> Path | None:
    """Give a damaged file another name, so that nothing overwrites it.

    Returns
    -------
    Path or None
        Where it is now; None where nothing is damaged.

    Raises
    ------
    StorageError
        If it cannot be renamed.
    """
    try:
        _read(folder / RECORD)
    except FileNotFoundError:
        return None
    except _DAMAGED:
        with storage_errors(folder, PAINTING):
            number, place = 1, folder / "skeletons.damaged.json"
            while place.exists():
                number += 1
                place = folder / f"skeletons.damaged-{number}.json"
            (folder / RECORD).rename(place)
        return place
    return None


def write_moved(folder: Path, moved: Mapping[int, Skeleton]) -> None:
    """Store the skeletons that somebody moved; a damaged file is set aside before.

    Raises
    ------
    StorageError
        If nothing can be written there.
    """
    objects = [
        {"id": key, "box": one.box, "digest": one.digest, "points": one.points.tolist()}
        for key, one in sorted(moved.items())
    ]
    set_aside_damaged(folder)
    with storage_errors(folder, PAINTING):
        content = json.dumps({"format": 1, "objects": objects}).encode()
        write_atomically(folder / RECORD, content)


def _read(record: Path) -> dict[int, Skeleton]:
    content = json.loads(record.read_text(encoding="utf-8"))
    return {int(one["id"]): _from_json(one) for one in content["objects"]}


def _from_json(one: dict[str, Any]) -> Skeleton:
    box = as_bounds(np.array(one["box"], np.int64).reshape(3, 2))
    points = np.array(one["points"], np.float32).reshape(-1, 3)
    return Skeleton(box, str(one["digest"]), points)


def as_bounds(box: NDArray[np.int64]) -> Bounds:
    """Give a box as pairs of start and stop."""
    z, y, x = ((int(a), int(b)) for a, b in box)
    return z, y, x
