"""The image of an example: remembered when it is added, and opened again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skoots.errors import SourceNotFoundError, TrainingError
from skoots.run.plan import ImageRecord
from skoots.teach.example_arrays import IMAGE
from skoots.teach.example_record import ExampleRecord
from skoots.volume.array_source import ArraySource
from skoots.volume.layout import Choice
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from skoots.volume.source import Source


def record_of(image: Source) -> ExampleRecord:
    """Say which image it is, for an example without boxes."""
    choice = image.choice if isinstance(image, ArraySource) else Choice()
    in_file = image.path is not None
    return ExampleRecord(
        image=ImageRecord(
            name=image.name,
            path=None if image.path is None else str(image.path.resolve()),
            shape_zyx=image.shape,
            dtype=str(image.dtype),
            signature=image.signature(),
        ),
        axes=choice.axes if in_file else None,
        channel=choice.channel if in_file else None,
        time=choice.time if in_file else None,
        voxel_size=image.voxel_size,
    )


def open_image(record: ExampleRecord, example: Path) -> Source:
    """Open the image of an example.

    Parameters
    ----------
    record : ExampleRecord
        Which image it is.
    example : Path
        The folder of the example.

    Raises
    ------
    SourceNotFoundError
        If its file is gone; the message says what to do.
    TrainingError
        If the file is another one now.
    """
    if record.image.path is None:
        source = open_source(example / IMAGE, voxel_size=record.voxel_size)
    else:
        if not Path(record.image.path).exists():
            raise SourceNotFoundError(
                f"The image of the example {example.name} is no longer at "
                f"{record.image.path}. Bring it back, or take the example out of "
                f"the project: remove {example}."
            )
        source = open_source(
            record.image.path,
            axes=record.axes,
            channel=record.channel,
            time=record.time,
            voxel_size=record.voxel_size,
        )
    if source.signature() != record.image.signature:
        raise TrainingError(
            f"{record.image.path or example / IMAGE} is not the image that was "
            f"painted in: its voxels are others now. Bring the old one back, or "
            f"remove {example}."
        )
    return source
