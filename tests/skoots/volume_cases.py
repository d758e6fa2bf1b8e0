"""Small volumes with labels, written as training expects them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import zarr

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (6, 12, 15)
"""Z, Y, X; each axis has its own length."""


def grey(shape: tuple[int, ...] = SHAPE, dtype: str = "uint8", seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(3, 2, shape).astype(dtype)
    top = min(np.iinfo(dtype).max, 60000) + 1
    return rng.integers(0, top, shape).astype(dtype)


def two_bars(shape: tuple[int, ...] = SHAPE, dtype: str = "uint16") -> Any:
    """Give a bar along X with the id 3 and one with the id 7, from plane 1 on.

    A plane, with Y down::

        0 3 3 3 3 3 0
        0 0 0 0 0 0 0
        0 7 7 7 7 7 0
    """
    labels = np.zeros(shape, dtype)
    labels[1:, 1:4, 2:-2] = 3
    labels[1:, 7:10, 2:-2] = 7
    return labels


def write_pair(
    folder: Path,
    name: str = "cells",
    *,
    image: Any = None,
    labels: Any = None,
    store: str = "tif",
) -> Path:
    """Write an image and its labels; give the path of the labels."""
    folder.mkdir(exist_ok=True)
    image = grey() if image is None else image
    labels = two_bars() if labels is None else labels
    if store == "zarr":
        zarr.save_array(folder / f"{name}.zarr", image)
        zarr.save_array(folder / f"{name}.labels.zarr", labels)
        return folder / f"{name}.labels.zarr"
    tifffile.imwrite(folder / f"{name}.tif", image, photometric="minisblack")
    path = folder / f"{name}.labels.tif"
    tifffile.imwrite(path, labels, photometric="minisblack")
    return path


def write_boxes(
    folder: Path, *boxes: tuple[Any, Any, bool], name: str = "cells"
) -> Path:
    path = folder / f"{name}.boxes.json"
    listed = [
        {"start": start, "stop": stop, "held_out": held} for start, stop, held in boxes
    ]
    path.write_text(json.dumps({"boxes": listed}))
    return path


def set_age(path: Path, seconds: float) -> None:
    """Let a file look so many seconds older than it is."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))
