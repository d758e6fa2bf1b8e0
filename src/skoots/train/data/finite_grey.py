"""Fill what is no number in an image, which would make each crop round it useless."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from skoots.errors import TrainingError
from skoots.train.data.dataset_statistics import Moments, moments_of, values_of
from skoots.train.transforms.intensity import Intensity

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.train.data.lazy_volume import Reader, Volume
    from skoots.volume.tiling import Box


@dataclass(frozen=True, slots=True)
class GreyValues:
    """What is known of the grey values of a volume that are numbers."""

    moments: Moments
    intensity: Intensity


@dataclass(frozen=True, slots=True)
class FilledReader:
    """Reads grey values, with one number for all that are none."""

    reader: Reader
    value: float

    def __call__(self, box: Box, channels: slice, /) -> NDArray[Any]:
        """Give the grey values of a box, (C, Z, Y, X)."""
        values = self.reader(box, channels)
        return np.where(np.isfinite(values), values, values.dtype.type(self.value))


def fill_grey(
    image: Volume, path: Path
) -> tuple[Volume, GreyValues | None, tuple[str, ...]]:
    """Replace voxels that are infinite or no numbers by the mean of all others.

    Parameters
    ----------
    image : Volume, (C, X, Y, Z)
        In memory it is changed in place; from disk it is filled at each read, and read
        once whole now, if it may hold such voxels.
    path : Path
        Where it comes from.

    Returns
    -------
    image : Volume, (C, X, Y, Z)
        All finite.
    known : GreyValues or None
        Of its other voxels; None if there was nothing to replace.
    notices : tuple of str
        What the user should know.

    Raises
    ------
    TrainingError
        If no voxel is a number.
    """
    if not image.dtype.is_floating_point:
        return image, None, ()
    moments = moments_of(image)
    bad = image.numel() - moments.count
    if not bad:
        return image, None, ()
    if not moments.count:
        raise TrainingError(
            f"{path} has no voxel that is a finite number. Save its grey values again."
        )
    known = GreyValues(moments, Intensity.of(values_of(image)))
    text = (
        f"{path.name}: {bad:,} of {image.numel():,} voxels are infinite or no numbers; "
        f"the mean of all others, {moments.mean:.4g}, stands for them"
    )
    if isinstance(image, Tensor):
        image[~torch.isfinite(image)] = moments.mean
        return image, known, (text,)
    reader = FilledReader(image.reader, moments.mean)
    return replace(image, reader=reader), known, (text,)
