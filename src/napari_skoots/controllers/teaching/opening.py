"""From an image to its example, in a thread: both take a while to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event
    from skoots.teach.adding import Added
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject
    from skoots.volume.array_source import Array
    from skoots.volume.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """An example, and what has to be read of it before it is shown."""

    example: Example
    largest: int
    """The largest id that is painted."""

    added: Added | None = None
    """What was copied into it just now."""

    note: str = ""
    """What should be known of it where it has joined the project just now."""


def find_example(
    project: TeachProject, image: Source
) -> Generator[Event, Any, Opened | None]:
    """Give the example of an image, if there is one."""
    found = project.find(image)
    yield Notice("")  # a job that was cancelled ends here
    return None if found is None else Opened(found, largest_of(found))


def add_example(project: TeachProject, image: Source) -> Generator[Event, Any, Opened]:
    """Give the example of an image, made if it is new."""
    example = project.add(image)
    yield Notice("")
    largest = largest_of(example)
    return Opened(example, largest, note=_note(project, example, largest))


def copy_into(
    project: TeachProject, image: Source, labels: Array
) -> Generator[Event, Any, Opened]:
    """Add the objects of other labels to the example of an image."""
    from napari_skoots.labels_array import ZarrLabels  # noqa: PLC0415 - imports zarr
    from skoots.teach.adding import add_labels  # noqa: PLC0415 - imports torch
    from skoots.teach.given_labels import check_labels  # noqa: PLC0415 - imports numpy

    check_labels(labels, image.shape)
    example = project.add(image)
    note = _note(project, example)
    into = ZarrLabels(example.labels)  # under the locks of the one that is painted
    added = yield from add_labels(labels, into, example.shape, into.reserve)
    return Opened(example, largest_of(example), added, note)


def _note(project: TeachProject, example: Example, largest: int | None = None) -> str:
    """Say what a flat image is to a project, until something is painted there.

    Parameters
    ----------
    project : TeachProject
        In which it is.
    example : Example
        Of the image.
    largest : int, optional
        The largest id that is painted; read where it matters, if nobody says.
    """
    from skoots.teach.flat import flat_words  # noqa: PLC0415 - imports nothing else

    words = flat_words(example, project.examples)
    if not words or example.boxes:
        return ""
    painted = largest_of(example) if largest is None else largest
    return "" if painted else words


def largest_of(example: Example) -> int:
    """Give the largest id that is painted; only chunks that are stored are read."""
    from skoots.run.chunk_files import ChunkFiles  # noqa: PLC0415 - imports zarr

    files = ChunkFiles(example.labels)
    return max((int(files.read(i).max(initial=0)) for i in files.stored()), default=0)
