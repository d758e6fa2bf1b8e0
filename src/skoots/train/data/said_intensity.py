"""Mean and deviation of a volume of which only a part is there to train on.

A model normalises a volume by all of it. A part that was cut out has another mean; what
it was cut from is said by ``NAME.intensity.json`` beside it.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from skoots.errors import TrainingError
from skoots.train.data.dataset_statistics import moments_of, values_of
from skoots.train.data.finite_grey import GreyValues
from skoots.train.transforms.intensity import Intensity

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.train.data.lazy_volume import Volume

INTENSITY_END = ".intensity.json"
"""What comes after the name of an image."""

_FORM = '{"mean": 120.5, "std": 31.2}, in grey values'


def write_intensity(path: Path, mean: float, std: float) -> None:
    """Say what mean and deviation a volume has of which a part lies there."""
    path.write_text(json.dumps({"mean": mean, "std": std}), encoding="utf-8")


def said_intensity(
    path: Path, image: Volume, known: GreyValues | None
) -> GreyValues | None:
    """Give what is known of grey values, with the mean and deviation that a file says.

    Parameters
    ----------
    path : Path
        ``NAME.intensity.json``; it need not be there.
    image : Volume, (C, X, Y, Z)
        All finite.
    known : GreyValues or None
        What `skoots.train.data.finite_grey.fill_grey` found.

    Returns
    -------
    GreyValues or None
        As before where there is no file.

    Raises
    ------
    TrainingError
        If the file is not of its form.
    """
    if not path.is_file():
        return known
    mean, std = _read(path)
    before = known or GreyValues(moments_of(image), Intensity.of(values_of(image)))
    return replace(before, intensity=replace(before.intensity, mean=mean, std=std))


def _read(path: Path) -> tuple[float, float]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        mean, std = float(content["mean"]), float(content["std"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} cannot be read. Write {_FORM}.") from error
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise TrainingError(
            f"{path} says a mean of {mean} and a deviation of {std}. Write {_FORM}."
        )
    return mean, std
