"""Make the training that a project is taught by: materials, settings, what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import TrainingError
from skoots.events import BlockDone, Notice, StageStarted
from skoots.model.zoo import load_model
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.teach.hold_out import hold_out
from skoots.teach.materials import write_materials
from skoots.teach.new_place import new_place
from skoots.teach.painted import look, problem
from skoots.teach.recipe import fine_tuning
from skoots.teach.record import (
    DATA,
    REHEARSED,
    BaseRecord,
    HeldOut,
    TeachRecord,
    truth_file,
    write_arrays,
    write_record,
)
from skoots.teach.rehearsal import rehearsed_sample, write_rehearsal
from skoots.teach.scratch import HALO, from_scratch, scratch_grid
from skoots.teach.size import learned_diameter, painted_diameter
from skoots.train.data.channels import open_channels
from skoots.train.project import Project
from skoots.volume.tiling import box_slices

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from skoots._types import Shape3, VoxelSize
    from skoots.config import Settings
    from skoots.events import Event
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.example import Example
    from skoots.teach.painted import Painted
    from skoots.teach.project import TeachProject
    from skoots.train.data.taught_boxes import TaughtBox


LOAD = "load"
"""The stage in which the model is read; of no known length, so its total is 0."""

REHEARSE = "rehearse"
"""Likewise: in which what the model knows is written beside what is painted."""

CUT = "cut"
"""The stage that writes what is learned from, an example after the other."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """One example, what is painted in it, and which boxes are held out."""

    example: Example
    painted: Painted
    boxes: tuple[TaughtBox, ...]
    grid: Shape3

    @property
    def used(self) -> bool:
        """Whether something is painted or drawn, so that it says anything."""
        return bool(len(self.painted.objects) or self.boxes)


def prepare(
    project: TeachProject,
    base: str | Checkpoint | None,
    *,
    seconds: float = 60.0,
    diameter: float | None = None,
    rehearse: bool = True,
    device: str = "auto",
) -> Generator[Event, Any, Project]:
    """Make the training that `skoots.teach.teach` runs.

    Parameters
    ----------
    project, base, seconds, diameter, rehearse, device
        As those of `skoots.teach.teach`.

    Yields
    ------
    StageStarted, BlockDone, Notice

    Returns
    -------
    Project
        With ``teaching.json`` and the rest of `skoots.teach.record`.

    Raises
    ------
    TrainingError
        If nothing can be learned from the examples yet; the message says what is
        missing.
    """
    if isinstance(base, str):
        yield StageStarted(LOAD, 0, 0)
        base = load_model(base)
    model = base
    if model is not None and model.path is None:
        raise TrainingError(
            f"The model {model.name} lies in no file. Save it, and begin with that."
        )
    for folder in project.damaged:
        yield Notice(
            f"The example {folder.name} cannot be read and is left out: {folder} is "
            "damaged. Add its image anew."
        )
    examples = project.examples
    painted = []
    for example in examples:
        painted.append((yield from look(example)))  # noqa: PERF401 (it yields)
    missing = problem(painted)
    if missing:
        raise TrainingError(missing)
    sizes = [example.voxel_size for example in examples]
    lessons = [
        _Lesson(example, one, boxes, _grid(example, painted, sizes, model, diameter))
        for example, one, boxes in zip(
            examples, painted, hold_out(painted), strict=True
        )
    ]
    sample = rehearsed_sample(model) if rehearse else None
    with new_place(project.trainings) as place:
        if model is not None and sample is not None:
            yield StageStarted(REHEARSE, 0, 0)
            write_rehearsal(sample, model, place / DATA / REHEARSED)
        settings = yield from _write(lessons, model, seconds, device, place)
        record = _record(lessons, model, seconds, diameter)
        along = None if sample is None else sample.name
        write_record(place, record.model_copy(update={"rehearsed": along}))
        return Project.create(place, settings)


def _write(
    lessons: Sequence[_Lesson],
    model: Checkpoint | None,
    seconds: float,
    device: str,
    place: Path,
) -> Generator[Event, Any, Settings]:
    """Write what is learned from and what it is judged by, and choose settings."""
    data = place / DATA
    margin = HALO if model is None else model.halo_zyx
    used = [one for one in lessons if one.used]
    images = []
    yield StageStarted(CUT, 0, len(used))
    for done, one in enumerate(used, 1):
        images += write_materials(
            one.example, one.painted, one.boxes, one.grid, margin, data
        )
        z, y, x = one.example.shape
        yield BlockDone(CUT, ((0, z), (0, y), (0, x)), done, len(used))
    _write_truth(lessons, place)
    shapes = [open_channels(image).shape_zyx for image in images]
    if model is None:
        return from_scratch(data, shapes, seconds, device)
    along = (data / REHEARSED).is_dir()
    return fine_tuning(model, data, shapes, seconds, rehearsed=along)


def _write_truth(lessons: Sequence[_Lesson], place: Path) -> None:
    """Keep what is painted in held-out boxes by now: later it may be changed."""
    boxes = [(one.example, b) for one in lessons for b in one.boxes if b.held_out]
    for number, (example, box) in enumerate(boxes):
        z, y, x = box_slices(box.box)
        truth = np.asarray(example.labels[z, y, x])
        write_arrays(truth_file(place, number), {"truth": truth})


def _record(
    lessons: Sequence[_Lesson],
    model: Checkpoint | None,
    seconds: float,
    diameter: float | None,
) -> TeachRecord:
    base = None
    if model is not None and model.path is not None:
        path = model.path.resolve()
        base = BaseRecord(path=path, name=model.name, digest=model.digest)
    held_out = []
    for one in lessons:
        for taught in one.boxes:
            if taught.held_out:
                z, y, x = ((span.start, span.stop) for span in taught.box)
                held_out.append(HeldOut(example=one.example.name, box_zyx=(z, y, x)))
    return TeachRecord(
        base=base,
        seconds=seconds,
        diameter=diameter,
        grids={one.example.name: one.grid for one in lessons},
        voxel_sizes={one.example.name: one.example.voxel_size for one in lessons},
        objects=sum(len(one.painted.objects) for one in lessons),
        boxes=sum(len(one.painted.boxes) for one in lessons),
        held_out=tuple(held_out),
        used=tuple(one.example.name for one in lessons if one.used),
    )


def _grid(
    example: Example,
    painted: Sequence[Painted],
    sizes: Sequence[VoxelSize | None],
    model: Checkpoint | None,
    diameter: float | None,
) -> Shape3:
    """Give the grid on which objects are as large in voxels as a model learns them."""
    size = example.voxel_size
    if model is None:
        found = diameter or painted_diameter(painted, sizes, size, None)
        return scratch_grid(example.shape, size, found)
    learned = learned_diameter(model)
    found = diameter or painted_diameter(painted, sizes, size, model.voxel_size)
    if model.object_diameter is None or learned is None or found is None:
        return example.shape
    # a diameter is that of objects which become as large as those of the model
    wish = Wishes(diameter=found * model.object_diameter / learned)
    return grid_shape(example.shape, size, model, wish)
