"""Keep the model of a training under a name, or discard the training."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from skoots.errors import CheckpointError, ModelExistsError, TrainingError
from skoots.model.checkpoint import load_checkpoint, write_checkpoint
from skoots.model.zoo import CARD, SUFFIX, known_models
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.at_work import at_work
from skoots.teach.card import write_card
from skoots.teach.clearing import clear, clear_before
from skoots.teach.comparison_record import point_at, read_comparison
from skoots.teach.record import COMPARISON, RECORD, read_record
from skoots.teach.remedies import DISCARDING, KEEPING
from skoots.train.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from skoots.events import TeachFinished
    from skoots.teach.project import TeachProject
    from skoots.teach.record import TeachRecord

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""What no file can be called on Windows."""


def keep(project: TeachProject, training: Path, name: str) -> Path:
    """Keep the best model of a training in the project, with its card.

    What the training took most room for goes then; scores and what was found in
    held-out boxes stay. So does that of trainings before it, where nobody can go on
    with them or keep their models.

    Parameters
    ----------
    project : TeachProject
        Takes the model.
    training : Path
        The folder of a training that was compared.
    name : str
        What to call the model.

    Returns
    -------
    Path
        ``models/NAME.skoots`` of the project; its card is beside it.

    Raises
    ------
    CheckpointError
        If `name` can be no name of a file.
    ModelExistsError
        If another model has it.
    TrainingError
        If the training was not compared, or found no better model than it began with.
    RunBusyError
        If a process is at it.
    StorageError
        If nothing can be written.
    """
    target = free_place(project, name)
    place = Project(training)
    with at_work(training), place.locked():
        record, finished = read_record(training), read_comparison(training)
        if not finished.improved:
            raise TrainingError(_nothing_better(record, training))
        model = load_checkpoint(finished.model)
        known = {**model.provenance, **_provenance(record, finished, training)}
        scores = dict(finished.after or model.scores)
        card = write_card(name, model, record, finished)
        with _whole_or_not_at_all(target, training):
            with storage_errors(target, KEEPING):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(target.with_suffix(CARD), card.encode())
            write_checkpoint(target, replace(model, provenance=known, scores=scores))
            # as seen from the training: a project may be moved
            point_at(training, os.path.relpath(target, training).replace(os.sep, "/"))
        clear(training)
    clear_before(project, training)
    return target


@contextmanager
def _whole_or_not_at_all(target: Path, training: Path) -> Iterator[None]:
    """Free the name of a model again where it could not be kept.

    Yet what the record of its training names is never deleted: writing that may have
    failed when it had its name already.
    """
    record = training / COMPARISON
    before = record.read_bytes()
    try:
        yield
    except BaseException:
        with suppress(OSError):
            if record.read_bytes() != before:
                write_atomically(record, before)
        for half in (target, target.with_suffix(CARD)):
            with suppress(OSError):
                if record.read_bytes() == before:
                    half.unlink(missing_ok=True)
        raise


def discard(training: Path) -> None:
    """Delete a training, and what came of it but was not kept.

    Parameters
    ----------
    training : Path
        Its folder.

    Raises
    ------
    TrainingError
        If the folder is no training of a project.
    RunBusyError
        If a process is at it.
    StorageError
        If it may not be deleted.
    """
    if not (training / RECORD).is_file():
        raise TrainingError(
            f"{training} is no training of a project, so it is not deleted. Remove it "
            "by hand if it shall go."
        )
    with at_work(training), Project(training).locked():
        pass
    with storage_errors(training, DISCARDING):
        shutil.rmtree(training)


def free_place(project: TeachProject, name: str) -> Path:
    """Give the file that a model of this name would be kept in.

    Parameters
    ----------
    project : TeachProject
        Would take it.
    name : str
        What to call it.

    Raises
    ------
    CheckpointError, ModelExistsError
        As `keep`.
    """
    plain = bool(name) and not re.search(r'[/\\:*?"<>|\x00-\x1f]', name)
    if not plain or name[0] in ". " or name[-1] in ". " or _RESERVED.fullmatch(name):
        raise CheckpointError(
            f"{name!r} cannot be the name of a model. Use letters, digits, spaces and "
            "hyphens."
        )
    target = project.models / f"{name}{SUFFIX}"
    # some file systems do not tell letters by their case
    mine = {path.stem.lower() for path in project.models.glob(f"*{SUFFIX}")}
    known = {model.name.lower() for model in known_models()}
    if name.lower() in mine | known:
        whose = "in this project" if name.lower() in mine else "among your models"
        raise ModelExistsError(
            f"There is a model called {name!r} already, {whose}. Give this one another "
            "name."
        )
    return target


def _nothing_better(record: TeachRecord, training: Path) -> str:
    base = "chance" if record.base is None else record.base.name
    return (
        f"Training {training.name} found no better model than {base}, with which it "
        "began, so there is none to keep. Use that one, train longer, or paint more."
    )


def _provenance(
    record: TeachRecord, finished: TeachFinished, training: Path
) -> dict[str, object]:
    """Say what a model was taught with, as plain data."""
    base = record.base
    parent = None if base is None else {"name": base.name, "digest": base.digest}
    before = None if finished.before is None else dict(finished.before)
    return {
        "taught": {
            "parent": parent,
            "training": training.name,
            "seconds": round(finished.seconds, 1),
            "examples": list(record.taught_on),
            "objects": record.objects,
            "boxes": record.boxes,
            "diameter": record.diameter,
            "rehearsed": record.rehearsed,
            "improved": finished.improved,
            "before": before,
            "after": dict(finished.after),
        }
    }
