"""The folder in which a kind of objects is taught, from one sitting to the next.

==================  ===========================================================
``project.json``    the version of this form
``examples``        a folder for each image; see `skoots.teach.example`
``models``          what was kept: ``NAME.skoots`` and its card ``NAME.md``
``trainings``       a folder for each training; see `skoots.train.project` and
                    `skoots.teach.record`
==================  ===========================================================
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Self

from skoots.errors import RunExistsError, TrainingError
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.example import Example
from skoots.teach.example_record import RECORD as EXAMPLE_RECORD
from skoots.teach.example_record import locked
from skoots.teach.record import awaits_decision, is_compared
from skoots.teach.remedies import PAINTING
from skoots.volume.naming import PROJECT_RECORD, PROJECT_SUFFIX
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from skoots.volume.source import Source

__all__ = ["PROJECT_SUFFIX", "TeachProject"]

_FORMAT = 1


class TeachProject:
    """The examples of one kind of objects, and the models that learned from them.

    Parameters
    ----------
    path : path
        A folder that `create` made.

    Raises
    ------
    TrainingError
        If it is no project, or one of a later version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        _check(self.path / PROJECT_RECORD)

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> Self:
        """Make a project without examples.

        Parameters
        ----------
        path : path
            A folder ``NAME.skoots-project`` that is not there, or is empty.

        Raises
        ------
        TrainingError
            If the name ends otherwise.
        RunExistsError
            If something lies there.
        StorageError
            If nothing can be written there.
        """
        place = Path(path)
        if not place.name.endswith(PROJECT_SUFFIX):
            raise TrainingError(
                f"{place.name} is no name for a project. Let it end in "
                f"{PROJECT_SUFFIX}, such as cells{PROJECT_SUFFIX}."
            )
        with storage_errors(place, PAINTING):
            place.mkdir(parents=True, exist_ok=True)
            if any(place.iterdir()):
                raise RunExistsError(
                    f"{place} is not empty. Open the project in it, or choose another "
                    "name."
                )
            content = json.dumps({"format": _FORMAT}).encode()
            write_atomically(place / PROJECT_RECORD, content)
        return cls(place)

    @property
    def name(self) -> str:
        """What the project is called, without its ending."""
        return self.path.name.removesuffix(PROJECT_SUFFIX)

    @property
    def models(self) -> Path:
        """The folder of the models that were kept; it may be missing."""
        return self.path / "models"

    @property
    def trainings(self) -> Path:
        """The folder of the trainings; it may be missing."""
        return self.path / "trainings"

    @property
    def unfinished(self) -> tuple[Path, ...]:
        """The trainings that were interrupted, the last one first."""
        return tuple(place for place in self._made if _is_unfinished(place))

    @property
    def undecided(self) -> tuple[Path, ...]:
        """The trainings whose better model was not kept yet, the last one first."""
        return tuple(place for place in self._made if awaits_decision(place))

    @property
    def pending(self) -> Path | None:
        """The last training, if it was interrupted or nobody decided on its model.

        None where a later one came to its end: whoever kept the model of that one, or
        got none, has done with those before.
        """
        for place in self._made:
            if _is_unfinished(place) or awaits_decision(place):
                return place
            if is_compared(place):
                return None
        return None

    @property
    def _made(self) -> list[Path]:
        """The folders of all trainings, the last one first."""
        made = (p for p in self.trainings.glob("*") if p.name.isdecimal())
        return sorted(made, key=lambda p: int(p.name), reverse=True)

    @property
    def examples(self) -> tuple[Example, ...]:
        """All examples that can be read, by name."""
        return self._read()[0]

    @property
    def damaged(self) -> tuple[Path, ...]:
        """The folders of examples that cannot be read."""
        return self._read()[1]

    def _read(self) -> tuple[tuple[Example, ...], tuple[Path, ...]]:
        found: list[Example] = []
        damaged: list[Path] = []
        for record in sorted((self.path / "examples").glob(f"*/{EXAMPLE_RECORD}")):
            try:
                found.append(Example(record.parent))
            except TrainingError:
                damaged.append(record.parent)
        return tuple(found), tuple(damaged)

    def find(self, image: Source) -> Example | None:
        """Give the example of an image, known by its voxels, if there is one."""
        signature = image.signature()
        same = (one for one in self.examples if one.signature == signature)
        return next(same, None)

    def add(self, image: Source | str | os.PathLike[str]) -> Example:
        """Give the example of an image, made if it is new.

        Parameters
        ----------
        image : Source or path
            The image, or its file. It is copied into the project where `open_source`
            does not read the same from its file. Its voxel size, if it has one, stands
            above the one that is known.

        Raises
        ------
        RunBusyError
            If another process has been adding one for seconds.
        StorageError
            If nothing can be written.
        """
        if isinstance(image, (str, os.PathLike)):
            image = open_source(image)
        known = self.find(image) or self._create(image)
        if image.voxel_size is not None and known.voxel_size != image.voxel_size:
            known.set_voxel_size(image.voxel_size)
        return known

    def _create(self, image: Source) -> Example:
        """Make the example of an image, once, whoever else is about to."""
        folder = self.path / "examples"
        with storage_errors(folder, PAINTING):
            folder.mkdir(exist_ok=True)
            with locked(folder):
                place = self._free_place(image)
                return self.find(image) or Example.create(place, image)

    def _free_place(self, image: Source) -> Path:
        stem = re.sub(r"[^\w.-]+", "_", image.name).strip("._") or "image"
        place, number = self.path / "examples" / stem, 1
        while place.exists():
            number += 1
            place = place.with_name(f"{stem}-{number}")
        return place


def _is_unfinished(training: Path) -> bool:
    saved = any((training / name).is_file() for name in ("state.pt", "best.skoots"))
    return saved and not is_compared(training)


def _check(record: Path) -> None:
    folder = record.parent
    if not folder.exists():
        raise TrainingError(f"There is no project {folder}. Check the path.")
    if not record.exists():
        raise TrainingError(
            f"{folder} is no project: it has no {record.name}. Make one in the tab "
            "Teach of napari, or with skoots.teach.TeachProject.create."
        )
    try:
        said = json.loads(record.read_text(encoding="utf-8"))
        version = int(said["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{folder} is no project that can be read: its {record.name} is damaged. "
            "Bring back a copy, or make a new project."
        ) from error
    if version > _FORMAT:
        raise TrainingError(
            f"{record.parent} was made by a later version of SKOOTS (format {version}, "
            f"this one reads {_FORMAT}). Update SKOOTS."
        )
