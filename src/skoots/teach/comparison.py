"""What a model finds before and after it was taught, in the part that was held out.

Both are asked on the image as it is, and compared with what was painted there when the
training began: somebody may have painted on since.
"""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from skoots.errors import SkootsError, TrainingError
from skoots.events import ComparedPart, Event, Notice, StageStarted, TeachFinished
from skoots.model.checkpoint import Checkpoint, load_checkpoint
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.found import find_in_box
from skoots.teach.record import (
    COMPARISON,
    HeldOut,
    TeachRecord,
    read_arrays,
    read_record,
    truth_file,
    write_arrays,
)
from skoots.train.instance_score import mean_score
from skoots.train.project import Project
from skoots.validate.scores import Scores, score

if TYPE_CHECKING:
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject

STAGE = "compare"

Marks = dict[str, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Marks | None
    after: Marks


class _Comparison(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    model: str
    improved: bool
    before: Marks | None
    after: Marks
    parts: tuple[_Part, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Marked:
    """One held-out box, as one model sees it."""

    labels: NDArray[np.uint32]
    scores: Scores
    unassigned: float | None


def compare(
    project: "TeachProject", training: Path, seconds: float, device: str = "auto"
) -> Generator[Event, None, TeachFinished]:
    """Compare the best model of a training with the one that it began with.

    Parameters
    ----------
    project : TeachProject
        Holds the images.
    training : Path
        The folder of the training.
    seconds : float
        That it was trained.
    device : str
        Where the networks run.

    Yields
    ------
    StageStarted, BlockDone, Notice
        Of the stage ``compare``, and of `skoots.inference.preview`.

    Returns
    -------
    TeachFinished
        Also in `COMPARISON`; what was found lies beside it.

    Raises
    ------
    TrainingError
        If there is no model yet.
    SkootsError
        If an image cannot be read, or nothing be written.
    """
    record, after = read_record(training), _best(training)
    taught = int(str(after.provenance.get("steps", 0))) > 0
    before = None
    if record.held_out:
        before, note = _base(record)
        if note:
            yield Notice(note)
    else:
        yield Notice(
            "Nothing was held out, so nobody can say how good the model is. Paint two "
            "objects in boxes at least."
        )
    yield StageStarted(STAGE, 0, len(record.held_out))
    models = {"before": before, "after": after}
    found: dict[str, list[_Marked]] = {"before": [], "after": []}
    examples = {one.name: one for one in project.examples}
    for number, part in enumerate(record.held_out):
        arrays = read_arrays(truth_file(training, number))
        for side, model in models.items():
            if model is None:
                continue
            if side == "before" or taught or before is None:
                example = _example(examples, part)
                marked = yield from _mark(
                    example, model, part, record, arrays["truth"], device
                )
            else:  # the best is the one before
                marked = found["before"][-1]
            found[side].append(marked)
            arrays[side] = marked.labels
        start = np.array([low for low, _ in part.box_zyx])
        named = {"start_zyx": start, "example": np.array(part.example)}
        write_arrays(_part_file(training, number), arrays | named)
    comparison = _sum_up(before, after, found, seconds, taught=taught)
    if taught and not comparison.improved:
        yield Notice(
            "What was taught finds less on the image than the model before, so that "
            "one remains the best."
        )
    _write(training, comparison)
    return read_comparison(training)


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
            path=_part_file(training, number),
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


def point_at(training: Path, model: str) -> None:
    """Say that the model of a comparison lies elsewhere by now.

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
    _write(training, said)


def _read(training: Path) -> _Comparison:
    try:
        content = (training / COMPARISON).read_bytes()
        return _Comparison.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"The comparison in {training} is missing or damaged: {COMPARISON}. Teach "
            "anew, or discard the training."
        ) from error


def _write(training: Path, comparison: _Comparison) -> None:
    with storage_errors(training):
        content = comparison.model_dump_json(indent=1).encode()
        write_atomically(training / COMPARISON, content)


def _part_file(training: Path, number: int) -> Path:
    return training / f"comparison-{number + 1}.npz"


def _best(training: Path) -> Checkpoint:
    place = Project(training)
    path = place.best if place.best.is_file() else place.last
    if not path.is_file():
        raise TrainingError(
            f"The training in {training} has made no model yet. Teach longer."
        )
    return load_checkpoint(path)


def _base(record: TeachRecord) -> tuple[Checkpoint | None, str]:
    """Give the model that it began with, or None and why it cannot be shown."""
    if record.base is None:
        return None, ""
    try:
        model = load_checkpoint(record.base.path)
    except SkootsError as error:
        return None, f"There is no before: {error}"
    if model.digest != record.base.digest:
        return None, (
            f"There is no before: {record.base.path} is another model by now than "
            "the one that was taught."
        )
    return model, ""


def _example(examples: Mapping[str, "Example"], part: HeldOut) -> "Example":
    if part.example not in examples:
        raise TrainingError(
            f"The example {part.example} is no longer in the project. Bring it back, "
            "or discard the training."
        )
    return examples[part.example]


def _mark(
    example: "Example",
    model: Checkpoint,
    part: HeldOut,
    record: TeachRecord,
    truth: NDArray[Any],
    device: str,
) -> Generator[Event, None, _Marked]:
    grid = record.grids[part.example]
    found = yield from find_in_box(example.image(), model, part.box_zyx, grid, device)
    return _Marked(found.labels, score(found.labels, truth), found.unassigned)


def _sum_up(
    base: Checkpoint | None,
    after: Checkpoint,
    found: Mapping[str, Sequence[_Marked]],
    seconds: float,
    *,
    taught: bool,
) -> _Comparison:
    before = _marks(found["before"]) if found["before"] else None
    now = _marks(found["after"])
    worse = before is not None and now["f1_50"] < before["f1_50"]
    firsts: Sequence[_Marked | None] = found["before"] or [None] * len(found["after"])
    parts = tuple(
        _Part(before=None if one is None else _marks([one]), after=_marks([other]))
        for one, other in zip(firsts, found["after"], strict=True)
    )
    improved = taught and not worse
    best = after if improved or base is None else base
    assert best.path is not None  # noqa: S101 - it was loaded from there
    return _Comparison(
        model=best.path.name if best is after else str(best.path.resolve()),
        improved=improved,
        before=before,
        after=now,
        parts=parts,
        seconds=seconds,
    )


def _marks(marked: Sequence[_Marked]) -> Marks:
    """Give the scores of some boxes together; see `skoots.events.TeachFinished`."""
    if not marked:
        return {}
    means = mean_score([one.scores for one in marked])
    found = sum(
        round(one.scores.recall_50 * one.scores.objects_truth) for one in marked
    )
    shares = [one.unassigned for one in marked if one.unassigned is not None]
    return {
        "f1_50": means.f1_50,
        "panoptic_quality": means.panoptic_quality,
        "average_best_overlap": means.average_best_overlap,
        "found": float(found),
        "objects_truth": float(means.objects_truth),
        "objects_predicted": float(means.objects_predicted),
        **({"unassigned": float(np.mean(shares))} if shares else {}),
    }
