"""Take smaller crops where a training needs more memory than there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import DeviceError
from skoots.run.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.train.project import Project

_LEAST = 16
"""Voxels along an axis of a crop."""

_STEP = 8
"""An axis of a crop is a multiple of it."""


def make_smaller(place: Project) -> str:
    """Halve the crop of a training along its longest axes.

    Parameters
    ----------
    place : Project
        A training that does not run.

    Returns
    -------
    str
        What was done, for the user.

    Raises
    ------
    DeviceError
        If it is as small as can be.
    """
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
    with storage_errors(place.path):
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
