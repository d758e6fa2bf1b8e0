"""What came of a comparison, kept beside the training: `COMPARISON` and an NPZ a box.

The model that it names lies in the folder of the training, or elsewhere once that was
kept or if none was better.
"""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from skoots.errors import TrainingError
from skoots.events import ComparedPart, TeachFinished
from skoots.run.storage import Remedy, storage_errors, write_atomically
from skoots.teach.record import COMPARISON, read_record
from skoots.teach.remedies import KEEPING, TEACHING

Marks = dict[str, float]
"""Scores by name; see `skoots.events.TeachFinished`."""


class PartScores(BaseModel):
    """Of one held-out box."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Marks | None
    after: Marks


class Comparison(BaseModel):
    """Scores of both models, and which is the best."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    model: str
    """The best one, as seen from the training."""

    improved: bool
    before: Marks | None
    after: Marks
    parts: tuple[PartScores, ...]
    seconds: float


def read_comparison(training: Path) -> TeachFinished:
    """Read what `compare` found.

    Parameters
    ----------
    training : Path
        The folder of the training.

    Raises
    ------
    TrainingError
        If it is missing or damaged.
    """
    record, said = read_record(training), _read(training)
    if len(said.parts) != len(record.held_out):
        raise TrainingError(
            f"The comparison in {training} is damaged: {len(record.held_out)} boxes "
            f"were held out, and it has {len(said.parts)}. Teach anew, or discard it."
        )
    pairs = zip(record.held_out, said.parts, strict=True)
    parts = tuple(
        ComparedPart(
            example=held.example,
            box_zyx=held.box_zyx,
            path=part_file(training, number),
            before=part.before,
            after=part.after,
        )
        for number, (held, part) in enumerate(pairs)
    )
    return TeachFinished(
        training=training,
        model=(training / said.model).resolve(),
        improved=said.improved,
        before=said.before,
        after=said.after,
        parts=parts,
        seconds=said.seconds,
    )


def write_comparison(
    training: Path, comparison: Comparison, remedy: Remedy = TEACHING
) -> None:
    """Write what `compare` found.

    Parameters
    ----------
    training : Path
        The folder of the training.
    comparison : Comparison
        What it found.
    remedy : Remedy
        What to do where it cannot be written.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    with storage_errors(training, remedy):
        content = comparison.model_dump_json(indent=1).encode()
        write_atomically(training / COMPARISON, content)


def point_at(training: Path, model: str) -> None:
    """Say that the model of a comparison was kept, and lies elsewhere by now.

    Parameters
    ----------
    training : Path
        The folder of the training.
    model : str
        Where, as seen from there.

    Raises
    ------
    StorageError
        If nothing can be written.
    """
    said = _read(training).model_copy(update={"model": model})
    write_comparison(training, said, KEEPING)


def part_file(training: Path, number: int) -> Path:
    """Name the file of what was found in a held-out box, counted from 0."""
    return training / f"comparison-{number + 1}.npz"


def _read(training: Path) -> Comparison:
    try:
        content = (training / COMPARISON).read_bytes()
        return Comparison.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"The comparison in {training} is missing or damaged: {COMPARISON}. Teach "
            "anew, or discard the training."
        ) from error
