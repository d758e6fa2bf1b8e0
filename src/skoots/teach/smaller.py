"""Take smaller crops where a training needs more memory than there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import DeviceError, TrainingError
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.remedies import TEACHING
from skoots.train.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3

_LEAST = 16
"""Voxels along an axis of a crop."""

_STEP = 8
"""An axis of a crop is a multiple of it."""


def is_short_of_memory(error: Exception) -> bool:
    """Whether a training ended for lack of memory, in its own words or torch's.

    Parameters
    ----------
    error : Exception
        What it raised.
    """
    cause = error.__cause__ if isinstance(error, TrainingError) else error
    return isinstance(cause, Exception) and is_out_of_memory(cause)


def make_smaller(training: Path) -> str:
    """Halve the crop of a training along its longest axes.

    Parameters
    ----------
    training : Path
        The folder of a training that does not run.

    Returns
    -------
    str
        What was done, for the user.

    Raises
    ------
    DeviceError
        If it is as small as can be.
    """
    place = Project(training)  # as it is by now: it may be the second time
    settings = place.settings
    crop = settings.AUGMENTATION
    shape = crop.CROP_DEPTH, crop.CROP_WIDTH, crop.CROP_HEIGHT
    smaller = halved(shape)
    if smaller == shape:
        raise DeviceError(
            f"There is too little memory to learn from crops of {shape} voxels (Z, Y, "
            "X), and smaller ones show too little. Close other programs, or teach on "
            "the processor (device cpu)."
        )
    depth, width, height = smaller
    values = {"CROP_DEPTH": depth, "CROP_WIDTH": width, "CROP_HEIGHT": height}
    settings = settings.merge({"AUGMENTATION": values})
    with storage_errors(training, TEACHING):
        write_atomically(place.settings_file, settings.to_yaml().encode())
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return (
        f"Memory is too short to learn from crops of {shape} voxels (Z, Y, X): they "
        f"are {smaller} from now on."
    )


def halved(shape: Shape3) -> Shape3:
    """Halve the longest axes of a crop.

    Examples
    --------
    >>> halved((32, 64, 64)), halved((32, 32, 32)), halved((16, 16, 16))
    ((32, 32, 32), (16, 16, 16), (16, 16, 16))
    >>> halved((16, 88, 88))
    (16, 40, 40)
    """
    longest = max(shape)
    half = max(min(_LEAST, longest), longest // 2 // _STEP * _STEP)
    z, y, x = (half if n == longest else n for n in shape)
    return z, y, x
