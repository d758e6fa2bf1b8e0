"""What a model finds before and after it was taught, in the part that was held out.

Both are asked on the image as it is, and compared with what was painted there when the
training began: somebody may have painted on since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import SkootsError, TrainingError
from skoots.events import Event, Notice, StageStarted, TeachFinished
from skoots.model.checkpoint import Checkpoint, load_checkpoint
from skoots.teach.comparison_record import (
    part_file,
    read_comparison,
    write_comparison,
)
from skoots.teach.comparison_scores import Marked, sum_up
from skoots.teach.found import find_in_box, image_as_taught
from skoots.teach.moved_training import model_here
from skoots.teach.record import (
    TeachRecord,
    read_arrays,
    read_record,
    truth_file,
    write_arrays,
)
from skoots.train.project import Project
from skoots.validate.scores import score

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject
    from skoots.teach.record import HeldOut, Region
    from skoots.volume.source import Source

STAGE = "compare"


@dataclass(frozen=True, slots=True)
class _Models:
    """Those that are compared."""

    before: Checkpoint | None
    after: Checkpoint | None
    """None where no step was taken, so that the best one is that before."""


def compare(
    project: TeachProject, training: Path, seconds: float, device: str = "auto"
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
    before, note = _base(record, project)
    if note:
        yield Notice(note)
    yield StageStarted(STAGE, 0, len(record.held_out))
    models = _Models(before, after if taught or before is None else None)
    found: dict[str, list[Marked]] = {"before": [], "after": []}
    examples = {one.name: one for one in project.examples}
    for number, part in enumerate(record.held_out):
        example = _example(examples, part)
        grid = record.grids[part.example]
        arrays = read_arrays(truth_file(training, number))
        truth = arrays["truth"]
        image = image_as_taught(example, record)
        both = yield from _ask(models, image, part.box_zyx, grid, truth, device)
        for side, marked in both.items():
            found[side].append(marked)
            arrays[side] = marked.labels
        write_arrays(part_file(training, number), arrays | _place(part))
    comparison = sum_up(before, after, found, seconds, taught=taught)
    if taught and not comparison.improved:
        yield Notice(
            "What was taught finds less on the image than the model before, so that "
            "one remains the best."
        )
    write_comparison(training, comparison)
    return read_comparison(training)


def _best(training: Path) -> Checkpoint:
    place = Project(training)
    path = place.best if place.best.is_file() else place.last
    if not path.is_file():
        raise TrainingError(
            f"The training in {training} has made no model yet. Teach longer."
        )
    return load_checkpoint(path)


def _base(record: TeachRecord, project: TeachProject) -> tuple[Checkpoint | None, str]:
    """Give the model that it began with, or None and why it cannot be shown."""
    if not record.held_out:
        return None, (
            "Nothing was held out, so nobody can say how good the model is. Paint two "
            "objects in boxes at least."
        )
    if record.base is None:
        return None, ""
    try:
        path = model_here(record.base.path, record.base.digest, project)
        model = load_checkpoint(path)
    except SkootsError as error:
        return None, f"There is no before: {error}"
    if model.digest != record.base.digest:
        return None, (
            f"There is no before: {record.base.path} is another model by now than "
            "the one that was taught."
        )
    return model, ""


def _example(examples: Mapping[str, Example], part: HeldOut) -> Example:
    if part.example not in examples:
        raise TrainingError(
            f"The example {part.example} is no longer in the project. Bring it back, "
            "or discard the training."
        )
    return examples[part.example]


def _ask(
    models: _Models,
    image: Source,
    box: Region,
    grid: Shape3,
    truth: NDArray[Any],
    device: str,
) -> Generator[Event, None, dict[str, Marked]]:
    """Ask both models what is in a box; one that is missing says nothing."""
    marked = {}
    for side, model in (("before", models.before), ("after", models.after)):
        if model is not None:
            found = yield from find_in_box(image, model, box, grid, device)
            scores = score(found.labels, truth)
            marked[side] = Marked(found.labels, scores, found.unassigned)
    if models.after is None:
        marked["after"] = marked["before"]
    return marked


def _place(part: HeldOut) -> dict[str, NDArray[Any]]:
    """Say where a box lies, for its file."""
    start = np.array([low for low, _ in part.box_zyx])
    return {"start_zyx": start, "example": np.array(part.example)}
