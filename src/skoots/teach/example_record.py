"""What ``example.json`` says: which image it is, and the boxes.

Several may write it, such as two viewers: each changes what is there by then, not what
it read once.
"""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeAlias

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from skoots._types import Shape3, VoxelSize
from skoots.errors import RunBusyError, TrainingError
from skoots.run.plan import ImageRecord
from skoots.run.storage import storage_errors, write_atomically
from skoots.teach.remedies import PAINTING
from skoots.train.data.taught_boxes import TaughtBox

RECORD = "example.json"

_LOCK = ".lock"

_WAIT = 5.0
"""Seconds that another process may take to write a record: it takes milliseconds."""


class _BoxRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Shape3
    stop: Shape3
    held_out: bool = False


_Boxes: TypeAlias = tuple[_BoxRecord, ...]


class ExampleRecord(BaseModel):
    """Which image an example has, how that is read, and the boxes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    image: ImageRecord
    image_from_project: str | None = None
    """The image's path as seen from the folder of the project, with ``/``; None for one
    in no file or on another drive, and in records of before it was kept."""

    axes: str | None = None
    channel: int | None = None
    time: int | None = None
    voxel_size: VoxelSize | None = None
    boxes: _Boxes = ()
    drawn: _Boxes | None = None
    """The boxes that wait while the whole image is one."""

    @property
    def everything(self) -> bool:
        """Whether the whole image is one box."""
        return self.drawn is not None

    @property
    def taught_boxes(self) -> tuple[TaughtBox, ...]:
        """Where everything that is not painted is background."""
        return tuple(TaughtBox(b.start, b.stop, b.held_out) for b in self.boxes)

    @property
    def drawn_boxes(self) -> tuple[TaughtBox, ...]:
        """The boxes that somebody drew, also while the whole image is one."""
        return tuple(TaughtBox(b.start, b.stop, b.held_out) for b in self._drawn)

    def with_boxes(self, boxes: Iterable[TaughtBox], known: Self) -> Self:
        """Give the record with other boxes.

        Parameters
        ----------
        boxes : iterable of TaughtBox
            What lies outside the image is cut off.
        known : ExampleRecord
            As whoever wants these boxes knows it: what others drew or removed since
            stays drawn or removed.

        Raises
        ------
        TrainingError
            If a box holds no voxel of the image.
        """
        wanted = tuple(self._within(box) for box in boxes)
        drawn = _merged(wanted, known._drawn, self._drawn)
        if self.everything and not known.everything:  # somebody else said so
            return self.model_copy(update={"drawn": drawn})
        return self.model_copy(update={"boxes": drawn, "drawn": None})

    def with_everything(self) -> Self:
        """Give the record with the whole image as one box."""
        whole = self._within(TaughtBox((0, 0, 0), self.image.shape_zyx))
        return self.model_copy(update={"boxes": (whole,), "drawn": self._drawn})

    def with_drawn(self) -> Self:
        """Give the record with the boxes that were there before `with_everything`."""
        return self.model_copy(update={"boxes": self._drawn, "drawn": None})

    @property
    def _drawn(self) -> _Boxes:
        return self.boxes if self.drawn is None else self.drawn

    def _within(self, box: TaughtBox) -> _BoxRecord:
        shape = self.image.shape_zyx
        a, b, c = (max(0, n) for n in box.start_zyx)
        d, e, f = (min(n, m) for n, m in zip(box.stop_zyx, shape, strict=True))
        start, stop = (a, b, c), (d, e, f)
        if any(low >= high for low, high in zip(start, stop, strict=True)):
            raise TrainingError(
                f"The box from {box.start_zyx} to {box.stop_zyx} holds nothing of the "
                f"image of {shape} voxels (Z, Y, X). Draw it on the image."
            )
        return _BoxRecord(start=start, stop=stop, held_out=box.held_out)


def read_example(path: Path) -> ExampleRecord:
    """Read the record of an example.

    Parameters
    ----------
    path : Path
        The folder of the example.

    Raises
    ------
    TrainingError
        If it is no example of this version.
    """
    try:
        return ExampleRecord.model_validate_json((path / RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{path} is no example that this version can read. Add the image anew."
        ) from error


def write_example(path: Path, record: ExampleRecord) -> None:
    """Write the record of an example that nobody else knows yet."""
    write_atomically(path / RECORD, record.model_dump_json(indent=1).encode())


def change_example(
    path: Path, change: Callable[[ExampleRecord], ExampleRecord]
) -> ExampleRecord:
    """Change the record of an example, while nobody else does.

    Parameters
    ----------
    path : Path
        The folder of the example.
    change : callable
        Is given the record as it is now, and gives another.

    Returns
    -------
    ExampleRecord
        As it is by then.

    Raises
    ------
    RunBusyError
        If another process keeps it.
    StorageError
        If nothing can be written.
    """
    with storage_errors(path, PAINTING), locked(path):
        now = read_example(path)
        record = change(now)
        if record != now:
            write_example(path, record)
    return record


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let nobody else write a record meanwhile."""
    lock = FileLock(path / _LOCK)
    try:
        held = lock.acquire(timeout=_WAIT)
    except Timeout as error:
        raise RunBusyError(
            f"Another process has been writing {path} for {_WAIT:g} seconds. Close it, "
            "and try again."
        ) from error
    with held:
        yield


def _merged(wanted: _Boxes, before: _Boxes, now: _Boxes) -> _Boxes:
    """Give the boxes that are wanted, with what others did since `before`."""
    kept = [box for box in wanted if box in now or box not in before]
    return (*kept, *(box for box in now if box not in before and box not in kept))
