"""The picture that a catalogue shows of a package."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

from skoots.model.export.names import COVER

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.model.export.example import Example

LARGEST = 500_000
"""Bytes that BioImage.IO allows a cover."""

_ENLARGED = 3
_GREEN = np.array([0.0, 1.0, 0.4])


def write_cover(folder: Path, picture: Path | None, example: Example) -> str:
    """Take the model's own picture, or draw its answer beside the test image.

    Parameters
    ----------
    folder : Path
        Where to.
    picture : Path or None
        PNG or JPEG that lies beside the model.
    example : Example
        What is drawn where there is none, or one that is too large.

    Returns
    -------
    str
        The name of the file.
    """
    if picture is not None and picture.stat().st_size <= LARGEST:
        name = f"{COVER}{picture.suffix.lower()}"
        shutil.copyfile(picture, folder / name)
        return name
    name = f"{COVER}.png"
    (folder / name).write_bytes(imagecodecs.png_encode(_draw(example)))
    return name


def _draw(example: Example) -> NDArray[np.uint8]:
    """Give a plane twice, the second time with the probability in green, (N, 2N, 3)."""
    volume = example.image[0, 0]
    middle = len(volume) // 2
    edge = min(volume.shape[1:])
    grey = _stretched(volume[middle, :edge, :edge])[..., None].repeat(3, axis=-1)
    weight = 0.6 * example.answer[0, 4, middle, :edge, :edge, None]
    both = np.concatenate((grey, grey * (1 - weight) + _GREEN * weight), axis=1)
    large = both.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    return np.round(255 * large).astype(np.uint8)


def _stretched(plane: NDArray[Any]) -> NDArray[np.float64]:
    low, high = float(plane.min()), float(plane.max())
    return (plane.astype(np.float64) - low) / max(high - low, 1e-9)
