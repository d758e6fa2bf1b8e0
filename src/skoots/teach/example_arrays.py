"""The arrays of an example on disk, made and filled block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from skoots.teach.given_labels import as_ids, check_labels
from skoots.volume.tiling import box_slices, plan_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.volume.array_source import Array
    from skoots.volume.source import Source

LABELS, IMAGE = "labels.zarr", "image.zarr"

CHUNK: Shape3 = (32, 128, 128)
"""Of what is painted, along Z, Y, X: a stroke writes a few of them."""

_COPIED: Shape3 = (64, 512, 512)
"""What is copied at once."""


def create_labels(example: Path, shape: Shape3) -> None:
    """Make the array of what is painted, in which nothing is yet.

    Parameters
    ----------
    example : Path
        The folder of the example.
    shape : tuple of int
        Of the image, along Z, Y, X.
    """
    _create(example / LABELS, shape, np.dtype(np.uint32))


def open_labels(example: Path) -> zarr.Array[Any]:
    """Open what is painted, (Z, Y, X), uint32; what is written to it lasts."""
    return zarr.open_array(example / LABELS, mode="r+")


def copy_labels(labels: Array, into: zarr.Array[Any]) -> None:
    """Write labels over what is painted.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        They are never changed.
    into : zarr.Array
        As `open_labels` gives it.

    Raises
    ------
    TrainingError
        If they have another extent, or hold no ids.
    """
    z, y, x = into.shape
    check_labels(labels, (z, y, x))
    for block in plan_blocks((z, y, x), _COPIED):
        box = box_slices(block.core)
        into[box] = as_ids(np.asarray(labels[box]))


def copy_image(image: Source, example: Path) -> None:
    """Copy an image that lies in no file."""
    array = _create(example / IMAGE, image.shape, image.dtype)
    for block in plan_blocks(image.shape, _COPIED):
        array[box_slices(block.core)] = image.read(block.core)


def _create(place: Path, shape: Shape3, dtype: np.dtype[Any]) -> zarr.Array[Any]:
    return zarr.create_array(
        place,
        shape=shape,
        chunks=CHUNK,
        dtype=dtype,
        compressors=ZstdCodec(level=1),
        fill_value=0,
        dimension_names=("z", "y", "x"),
    )
