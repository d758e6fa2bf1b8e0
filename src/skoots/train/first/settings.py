"""Settings to begin with, from what annotated volumes are like (``--init``).

::

    folder --> measure --> choices, crop --> YAML, with what each comes from
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from skoots.config import Settings, validate_cfg
from skoots.errors import TrainingError
from skoots.model.precision import choose_device
from skoots.run.storage import storage_errors, write_atomically
from skoots.train.data.pairs import find_pairs
from skoots.train.first.choices import STEPS_PER_EPOCH, settle
from skoots.train.first.measure import measure_volumes
from skoots.train.first.reasons import describe, describe_unlike, give_reasons
from skoots.train.remedies import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FirstSettings:
    """Settings and why they are so."""

    values: Mapping[str, Mapping[str, Any]]
    """By section and key: what differs from the defaults."""

    reasons: Mapping[str, str]
    """By ``SECTION.KEY``: what the value comes from."""

    found: tuple[str, ...]
    """What was measured, in words."""


def make_first_settings(folder: Path, device: str = "auto") -> FirstSettings:
    """Measure annotated volumes and choose settings for them.

    Parameters
    ----------
    folder : path
        Holds NAME.tif and NAME.labels.tif, or two folders ``train`` and ``val`` that
        do.
    device : str
        Where the training will run.

    Returns
    -------
    FirstSettings
        Accepted by `skoots.config.validate_cfg`.

    Raises
    ------
    TrainingError
        If it is a file, there is no annotated volume, or one cannot be used.
    """
    training, held_out = _folders(folder)
    # before the measuring, which takes a while: training would refuse the same
    checked = [] if held_out is None else find_pairs(held_out)
    measured = measure_volumes(training)
    values = settle(measured, choose_device(device))
    crops = STEPS_PER_EPOCH * values["TRAIN"]["TRAIN_BATCH_SIZE"]
    data = _data(training, held_out, math.ceil(crops / len(measured.shapes)))
    values["TRAIN"] = {**data, **values["TRAIN"]}
    validate_cfg(Settings.from_dict(values))
    found = (*describe(measured), *describe_unlike(measured, checked))
    return FirstSettings(values, give_reasons(measured), found)


def write_first_settings(path: Path, first: FirstSettings) -> None:
    """Write settings as YAML, each with what its value comes from.

    Raises
    ------
    StorageError
        If nothing may be written there.
    """
    lines = [
        "# Settings of a training: skoots train reads them (--config-file).",
        "# What is not named here has its default: docs/settings.md.",
        *(f"# {line}" for line in first.found),
    ]
    for section, values in first.values.items():
        lines += ["", f"{section}:"]
        for key, value in values.items():
            if reason := first.reasons.get(f"{section}.{key}"):
                lines.append(f"  # {reason}")
            lines.append(f"  {key}: {_flow(value)}")
    with storage_errors(path, FILES):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, ("\n".join(lines) + "\n").encode())


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _folders(folder: Path) -> tuple[Path, Path | None]:
    if folder.is_file() or folder.suffix.lower() == ".zarr":
        raise TrainingError(
            f"{folder} is a file. Give the folder it lies in: {folder.resolve().parent}"
        )
    folder = folder.resolve()
    inside, held_out = folder / "train", folder / "val"
    if not inside.is_dir():
        return folder, None
    return inside, held_out if held_out.is_dir() else None


def _data(training: Path, held_out: Path | None, samples: int) -> dict[str, Any]:
    data = {
        "TRAIN_DATA_DIR": [str(training)],
        "TRAIN_SAMPLE_PER_IMAGE": [samples],
        "TRAIN_STORE_DATA_ON_GPU": [False],
    }
    if held_out is not None:
        data |= {
            "VALIDATION_DATA_DIR": [str(held_out)],
            "VALIDATION_SAMPLE_PER_IMAGE": [8],
            "VALIDATION_STORE_DATA_ON_GPU": [False],
        }
    return {**data, "SAVE_PATH": str(training.parent / "models")}
