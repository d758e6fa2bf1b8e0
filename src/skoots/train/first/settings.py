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
from skoots.model.precision import choose_device
from skoots.run.storage import storage_errors, write_atomically
from skoots.train.first.choices import STEPS_PER_EPOCH, is_isotropic, settle
from skoots.train.first.measure import measure_volumes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from skoots.train.first.measure import Measured


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
        If there is no annotated volume, or one cannot be used.
    """
    training, held_out = _folders(folder)
    measured = measure_volumes(training)
    values = settle(measured, choose_device(device))
    data = _data(training, held_out, len(measured.shapes))
    values["TRAIN"] = {**data, **values["TRAIN"]}
    validate_cfg(Settings.from_dict(values))
    return FirstSettings(values, _reasons(measured), _found(measured))


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
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, ("\n".join(lines) + "\n").encode())


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _folders(folder: Path) -> tuple[Path, Path | None]:
    folder = folder.resolve()
    inside, held_out = folder / "train", folder / "val"
    if not inside.is_dir():
        return folder, None
    return inside, held_out if held_out.is_dir() else None


def _data(training: Path, held_out: Path | None, volumes: int) -> dict[str, Any]:
    data = {
        "TRAIN_DATA_DIR": [str(training)],
        "TRAIN_SAMPLE_PER_IMAGE": [math.ceil(STEPS_PER_EPOCH / volumes)],
        "TRAIN_STORE_DATA_ON_GPU": [False],
    }
    if held_out is not None:
        data |= {
            "VALIDATION_DATA_DIR": [str(held_out)],
            "VALIDATION_SAMPLE_PER_IMAGE": [8],
            "VALIDATION_STORE_DATA_ON_GPU": [False],
        }
    return {**data, "SAVE_PATH": str(training.parent / "models")}


def _found(measured: Measured) -> tuple[str, ...]:
    size = measured.voxel_size
    edges = " x ".join(f"{edge:g}" for edge in size) if size else "unknown"
    shapes = ", ".join(" x ".join(map(str, (z, x, y))) for x, y, z in measured.shapes)
    x, y, z = measured.longest
    sizes = f"{measured.volumes.min()} to {measured.volumes.max()} voxels"
    return (
        f"volumes (Z, Y, X): {shapes}, voxel {edges}{' um' if size else ''}",
        f"{len(measured.volumes)} objects of {sizes}, {measured.diameter:.0f} across",
        f"longest way to a skeleton: {z:.0f}, {x:.0f}, {y:.0f} voxels along Z, Y, X",
    )


def _reasons(measured: Measured) -> dict[str, str]:
    unknown = measured.voxel_size is None
    size = "no volume says its voxel size" if unknown else "from the voxel size"
    turned = is_isotropic(measured)
    return {
        "SKOOTS.VECTOR_SCALING": "no vector is longer, however a crop is enlarged",
        "SKOOTS.ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.BAKE_SKELETON_ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.CROP_WIDTH": "of X, Y, Z: what memory and the volumes allow",
        "AUGMENTATION.BRIGHTNESS_RANGE": "0.4 deviations of the intensities",
        "AUGMENTATION.NOISE_GAMMA": "0.35 deviations of the intensities",
        "AUGMENTATION.AFFINE_RATE": "crops are turned in any plane, see below"
        if turned
        else "crops are turned in the plane alone",
        "TRAIN.TRAIN_SAMPLE_PER_IMAGE": f"some {STEPS_PER_EPOCH} steps an epoch",
        "TRAIN.SKELETON_MASK_RADIUS": "a quarter of an object's diameter, at most 5",
        "TRAIN.INITIAL_SIGMA": "voxels along X, Y, Z, from the objects' diameter",
        "INFERENCE.MIN_OBJECT_VOXELS": "far smaller than most objects",
        "INFERENCE.GROW": "half an object's diameter",
    }
