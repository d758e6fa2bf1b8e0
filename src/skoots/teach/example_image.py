"""The image of an example: remembered when it is added, and found again.

A project may be moved or copied, with its images or without them. So an example knows
its image by two paths, and three places are searched in this order:

1. the path as seen from the project: after both were copied, also to another folder of
   the same machine, the image of the copy is meant and not the one that it was made of;
2. the whole path, which the user chose: the project alone was moved;
3. beside the project, under the name that it had: where a message told to put it.

In a project that was never moved, the first two are one. What decides is not the place
but the voxels: the first image that is the one that was painted in is taken, so another
image that has come to lie at one of these places does no harm.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING

from skoots.errors import SkootsError, SourceNotFoundError, TrainingError
from skoots.run.plan import ImageRecord
from skoots.teach.example_arrays import IMAGE
from skoots.teach.example_record import ExampleRecord
from skoots.volume.array_source import ArraySource
from skoots.volume.layout import Choice
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from skoots.volume.source import Source


def record_of(image: Source, example: Path) -> ExampleRecord:
    """Say which image it is, for an example without boxes.

    Parameters
    ----------
    image : Source
        On disk or not.
    example : Path
        The folder of the example, in that of a project.
    """
    choice = image.choice if isinstance(image, ArraySource) else Choice()
    path = None if image.path is None else image.path.resolve()
    if path is None or not _reads_alike(image, path, choice):
        path, choice = None, Choice()
    return ExampleRecord(
        image=ImageRecord(
            name=image.name,
            path=None if path is None else str(path),
            shape_zyx=image.shape,
            dtype=str(image.dtype),
            signature=image.signature(),
        ),
        image_from_project=None
        if path is None
        else _seen_from(_project(example), path),
        axes=choice.axes,
        channel=choice.channel,
        time=choice.time,
        voxel_size=image.voxel_size,
    )


def open_image(record: ExampleRecord, example: Path) -> Source:
    """Open the image of an example.

    Parameters
    ----------
    record : ExampleRecord
        Which image it is.
    example : Path
        The folder of the example, in that of a project.

    Raises
    ------
    SourceNotFoundError
        If there is none at any place; the message says where it was looked for.
    TrainingError
        If there are only others now.
    """
    if record.image.path is None:
        return _open(record, example / IMAGE, example)
    places = _places(record, record.image.path, example)
    found = [place for place in places if _is_there(place)]
    if not found:
        raise _not_found(places, example)
    refused: list[SkootsError] = []
    for place in found:
        try:
            return _open(record, place, example)
        except SkootsError as error:
            refused.append(error)
    raise refused[0]


def _reads_alike(image: Source, path: Path, choice: Choice) -> bool:
    """Whether the file gives these voxels when it is opened here.

    Another reader of napari may show a channel as an image, or know other formats.
    """
    try:
        source = open_source(
            path, axes=choice.axes, channel=choice.channel, time=choice.time
        )
    except SkootsError:
        return False
    return source.signature() == image.signature()


def _places(record: ExampleRecord, path: str, example: Path) -> list[Path]:
    """List where the image may lie, in the order in which they are searched."""
    project = _project(example)
    name = PureWindowsPath(path).name  # it reads the paths of every system
    places = [Path(path), project.parent / name]
    if record.image_from_project is not None:
        places.insert(0, (project / record.image_from_project).resolve())
    return list(dict.fromkeys(places))


def _open(record: ExampleRecord, place: Path, example: Path) -> Source:
    source = open_source(
        place,
        axes=record.axes,
        channel=record.channel,
        time=record.time,
        voxel_size=record.voxel_size,
    )
    if source.signature() != record.image.signature:
        raise TrainingError(
            f"{place} is not the image that was painted in: its voxels are others now. "
            f"Bring the old one back, or remove {example}."
        )
    return source


def _not_found(places: list[Path], example: Path) -> SourceNotFoundError:
    first, *others = map(str, places)
    beside = places[-1]
    searched = "".join(f", nor at {place}" for place in others)
    return SourceNotFoundError(
        f"The image of the example {example.name} is no longer at {first}{searched}. "
        f"Put it beside the project, as {beside}, or take the example out of the "
        f"project: remove {example}."
    )


def _project(example: Path) -> Path:
    return example.resolve().parents[1]


def _seen_from(project: Path, path: Path) -> str | None:
    try:
        return PurePath(os.path.relpath(path, project)).as_posix()
    except ValueError:  # another drive of Windows
        return None


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # such as a folder of somebody else, on another machine
        return False
