"""How far a training is, and the file from which it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from skoots.errors import CheckpointError, TrainingError
from skoots.model.safe_file import read_safely, write_safely

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.train.learner import Learner, Outcome

FORMAT, VERSION = "skoots-training", 1


@dataclass(slots=True)
class Progress:
    """How far a training is."""

    step: int = 0
    """Steps that were taken or skipped."""

    epochs: int = 0
    """Epochs whose row is written."""

    skipped: int = 0
    seconds: float = 0.0
    """Time spent training, validation included."""

    sums: list[float] = field(default_factory=lambda: [0.0] * 4)
    """Of the losses of this epoch's steps; see `skoots.train.learner.NAMES`."""

    counted: int = 0
    """Steps in the sums."""

    validations: int = 0
    validated_at: float = 0.0
    """Of these seconds, when the last validation ended."""

    best: list[float] = field(default_factory=list)
    """The best validation so far, as `skoots.train.judge` weighs it: what comes first
    decides. Empty before one."""

    best_scores: dict[str, float] = field(default_factory=dict)
    """Scores of the best model."""

    def count(self, outcome: Outcome) -> None:
        """Count a step."""
        self.step += 1
        if outcome.skipped:
            self.skipped += 1
            return
        self.counted += 1
        self.sums = [a + b for a, b in zip(self.sums, outcome.values, strict=True)]

    def close_epoch(self) -> list[float]:
        """Give the means of the epoch's losses and begin the next; NaN without any."""
        means = [s / self.counted if self.counted else float("nan") for s in self.sums]
        self.sums, self.counted = [0.0] * 4, 0
        self.epochs += 1
        return means


@dataclass(frozen=True, slots=True)
class Setting:
    """What must be the same for a training to go on as if it had not stopped."""

    world: int
    """How many processes train together."""

    data: list[list[object]]
    """Name, extent and number of objects of each volume."""


def save_state(
    path: Path, progress: Progress, learner: Learner, setting: Setting
) -> None:
    """Write what a training needs to go on, in one step.

    Parameters
    ----------
    path : Path
        An old file is replaced.
    progress : Progress
        How far it is.
    learner : Learner
        What it has learned.
    setting : Setting
        On how many processes, from what.

    Raises
    ------
    StorageError
        If the disk is full, or nothing may be written there. The old file stays.
    """
    payload = {
        "format": FORMAT,
        "version": VERSION,
        **asdict(setting),
        "progress": asdict(progress),
        "learner": learner.state_dict(),
    }
    write_safely(path, payload)


def load_state(path: Path, learner: Learner, setting: Setting) -> Progress:
    """Put a learner where a training stopped.

    Parameters
    ----------
    path : Path
        What `save_state` wrote.
    learner : Learner
        Made from the same settings.
    setting : Setting
        As it is now.

    Returns
    -------
    Progress

    Raises
    ------
    CheckpointError
        If the file is damaged or of another version.
    TrainingError
        If the training ran on another number of processes, or on other data.
    """
    payload: Any = read_safely(path)
    known = isinstance(payload, Mapping) and payload.get("format") == FORMAT
    if not known or payload.get("version") != VERSION:
        raise CheckpointError(
            f"{path} is no state of a training of this version of skoots. Begin the "
            "training anew by overwrite=True (--overwrite)."
        )
    _refuse_another(Setting(payload["world"], payload["data"]), setting, path)
    try:
        learner.load_state_dict(payload["learner"])
        return Progress(**payload["progress"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} does not fit the settings beside it: {error}. Begin the training "
            "anew by overwrite=True (--overwrite)."
        ) from error


def _refuse_another(before: Setting, now: Setting, path: Path) -> None:
    if before.world != now.world:
        raise TrainingError(
            f"The training in {path.parent} ran on {before.world} processes and "
            f"cannot go on with {now.world}: another number gives other steps."
        )
    for old, new in zip_longest(before.data, now.data):
        if old != new:
            raise TrainingError(
                f"The training in {path.parent} cannot go on with other data: name, "
                f"extent (X, Y, Z) and objects of a volume were {old} and are {new}. "
                "Put the data back, or begin a new training."
            )
