"""What a training was begun with, kept beside it.

======================  =======================================================
``data``                what is learned from; gone once the model was kept
``teaching.json``       the model that it began with, the wish, what is held out
``truth-N.npz``         what was painted in each held-out box when it began
``prediction-N.npz``    what it found in the box that is looked at
``comparison.json``     scores before and after; there when all is done
``comparison-N.npz``    what was found in each held-out box, before and after
======================  =======================================================

The rest is of `skoots.train.project`.
"""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from skoots._types import Shape3, VoxelSize
from skoots.errors import TrainingError
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.remedies import TEACHING

DATA, RECORD, COMPARISON = "data", "teaching.json", "comparison.json"

REHEARSED = "rehearsed"
"""In the folder of the data: what the model is not to forget."""

Region = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Start and stop along Z, Y, X, in voxels."""


class BaseRecord(BaseModel):
    """The model that a training began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    name: str
    digest: str


class HeldOut(BaseModel):
    """A box that training does not see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    example: str
    box_zyx: Region


class TeachRecord(BaseModel):
    """What a training was begun with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    base: BaseRecord | None
    """None: from scratch."""

    seconds: float
    diameter: float | None
    """Of a typical object in voxels of the images, as the user said it."""

    grids: dict[str, Shape3]
    """By the name of each example: extent of its image as the network sees it."""

    voxel_sizes: dict[str, VoxelSize | None] = Field(default_factory=dict)
    """Likewise: of its image, as it was known then. The grid depends on it."""

    rehearsed: str | None = None
    """The sample that is learned along (`skoots.teach.rehearsal`)."""

    objects: int
    boxes: int
    held_out: tuple[HeldOut, ...]
    used: tuple[str, ...] | None = None
    """Names of the examples in which something was painted or drawn; None in records of
    before they were told from the others."""

    @property
    def taught_on(self) -> tuple[str, ...]:
        """Names of the examples that it learned from or was measured by."""
        return tuple(self.grids) if self.used is None else self.used


def write_record(training: Path, record: TeachRecord) -> None:
    """Write what a training is begun with.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    with storage_errors(training, TEACHING):
        training.mkdir(parents=True, exist_ok=True)
        content = record.model_dump_json(indent=1).encode()
        write_atomically(training / RECORD, content)


def read_record(training: Path) -> TeachRecord:
    """Read what a training was begun with.

    Raises
    ------
    TrainingError
        If that is missing or damaged.
    """
    try:
        content = (training / RECORD).read_bytes()
        return TeachRecord.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{training} is no training of a project: {RECORD} is missing or damaged. "
            "Teach anew."
        ) from error


def is_compared(training: Path) -> bool:
    """Tell whether a training has come to its end."""
    return (training / COMPARISON).is_file()


def awaits_decision(training: Path) -> bool:
    """Tell whether a training made a better model that was not kept.

    What is kept lies in the project's models, and what is no better is the model that
    the training began with: in its own folder lies what nobody decided on.

    Parameters
    ----------
    training : Path
        Its folder.
    """
    try:
        said = json.loads((training / COMPARISON).read_text(encoding="utf-8"))
        name, improved = Path(str(said["model"])), bool(said["improved"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    mine = len(name.parts) == 1
    return improved and mine and (training / name).is_file()


def truth_file(training: Path, number: int) -> Path:
    """Name the file of what was painted in a held-out box, counted from 0."""
    return training / f"truth-{number + 1}.npz"


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as an NPZ, whole or not at all.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **dict(arrays))
    with storage_errors(path, TEACHING):
        write_atomically(path, content.getvalue())


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of an NPZ into memory.

    Raises
    ------
    TrainingError
        If it is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # zipfile and zlib have errors of their own
        raise TrainingError(f"{path} is missing or damaged. Teach anew.") from error
