"""Teach a model with the examples of a project.

::

    examples ──> painted.look ──> hold_out ──> materials: trainings/NNN/data
                                                    │
    base model ──> recipe: settings ──> trainings/NNN ──> skoots.train.engine.train
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import TrainingError
from skoots.model.zoo import load_model
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.teach.hold_out import hold_out
from skoots.teach.materials import write_materials
from skoots.teach.painted import look, problem
from skoots.teach.recipe import fine_tuning
from skoots.train.data.channels import open_channels
from skoots.train.engine import train
from skoots.train.project import Project
from skoots.validate.measure import typical_diameter

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.events import Event, TrainFinished
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.example import Example
    from skoots.teach.painted import Painted
    from skoots.teach.project import TeachProject


def teach(
    project: TeachProject,
    base: str | Checkpoint,
    *,
    seconds: float = 60.0,
    diameter: float | None = None,
    device: str = "auto",
    threads: int = 0,
) -> Generator[Event, Any, TrainFinished]:
    """Train a model a little further, on what is painted.

    Parameters
    ----------
    project : TeachProject
        Holds the examples; the training lies there afterwards.
    base : str or Checkpoint
        The model to begin with: a name, a path, or a model of a file.
    seconds : float
        How long; 0 for until it is stopped, by closing the generator.
    diameter : float, optional
        Of a typical object, in voxels of the images; measured where it is left out.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    threads : int
        Processor threads that may work; 0: all there are.

    Yields
    ------
    StageStarted, BlockDone
        While examples are measured; then what `skoots.train.engine.train` says.

    Returns
    -------
    TrainFinished
        Its model is the best on what was held out, which may be the base itself.

    Raises
    ------
    TrainingError
        If nothing can be learned from the examples yet; the message says what is
        missing.
    """
    training = yield from prepare(project, base, seconds=seconds, diameter=diameter)
    return (yield from train(training.path, device=device, threads=threads))


def prepare(
    project: TeachProject,
    base: str | Checkpoint,
    *,
    seconds: float = 60.0,
    diameter: float | None = None,
) -> Generator[Event, Any, Project]:
    """Make the training that `teach` runs, for who runs it in another process.

    Parameters
    ----------
    project, base, seconds, diameter
        As those of `teach`.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    Project
        ``python -m skoots.train.worker`` trains it.

    Raises
    ------
    TrainingError
        As `teach`.
    """
    model = load_model(base) if isinstance(base, str) else base
    if model.path is None:
        raise TrainingError(
            f"The model {model.name} lies in no file. Save it, and begin with that."
        )
    examples = project.examples
    painted = []
    for example in examples:
        painted.append((yield from look(example)))  # noqa: PERF401 (it yields)
    missing = problem(painted)
    if missing:
        raise TrainingError(missing)
    place = _free_place(project.trainings)
    images = _write(examples, painted, model, diameter, place / "data")
    shapes = [open_channels(image).shape_zyx for image in images]
    settings = fine_tuning(model, place / "data", shapes, seconds)
    return Project.create(place, settings)


def _write(
    examples: Sequence[Example],
    painted: Sequence[Painted],
    model: Checkpoint,
    diameter: float | None,
    folder: Path,
) -> list[Path]:
    """Write what is learned from, at the size that objects have for the model."""
    images = []
    together = zip(examples, painted, hold_out(painted), strict=True)
    for example, one, boxes in together:
        if not (len(one.objects) or boxes):
            continue
        grid = _grid(example, painted, model, diameter)
        images += write_materials(example, one, boxes, grid, model.halo_zyx, folder)
    return images


def _grid(
    example: Example,
    painted: Sequence[Painted],
    model: Checkpoint,
    diameter: float | None,
) -> Shape3:
    """Give the grid on which objects are as large in voxels as the model's."""
    if model.object_diameter is None:
        return example.shape
    size = example.voxel_size
    voxels = np.concatenate([one.objects.voxels for one in painted])
    found = diameter or typical_diameter(voxels, size, model.voxel_size)
    return grid_shape(example.shape, size, model, Wishes(diameter=found))


def _free_place(trainings: Path) -> Path:
    numbers = [int(p.name) for p in trainings.glob("*") if p.name.isdigit()]
    return trainings / f"{max(numbers, default=0) + 1:03d}"
