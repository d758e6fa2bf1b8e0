"""One image, and the objects that somebody painted in it.

==================  ===========================================================
``example.json``    which image it is, and the boxes
``labels.zarr``     (Z, Y, X), uint32: a number for each object, 0 where nobody
                    painted
``image.zarr``      the image, where it lies in no file
==================  ===========================================================

Inside a box everything that is not painted is background; outside, nobody knows.
"""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import zarr
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError
from zarr.codecs import ZstdCodec

from skoots._types import Shape3, VoxelSize
from skoots.errors import RunBusyError, SourceNotFoundError, TrainingError
from skoots.run.plan import ImageRecord
from skoots.run.storage import storage_errors, write_atomically
from skoots.train.data.taught_boxes import TaughtBox
from skoots.volume.array_source import Array, ArraySource
from skoots.volume.layout import Choice
from skoots.volume.source import Source, open_source
from skoots.volume.tiling import box_slices, plan_blocks

RECORD, LABELS, IMAGE = "example.json", "labels.zarr", "image.zarr"

CHUNK: Shape3 = (32, 128, 128)
"""Of what is painted, along Z, Y, X: a stroke writes a few of them."""

_LOCK = ".lock"

_WAIT = 5.0
"""Seconds that another process may take to write a record: it takes milliseconds."""

_COPIED: Shape3 = (64, 512, 512)
"""What is copied at once."""


class _BoxRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Shape3
    stop: Shape3
    held_out: bool = False


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    image: ImageRecord
    axes: str | None = None
    channel: int | None = None
    time: int | None = None
    voxel_size: VoxelSize | None = None
    boxes: tuple[_BoxRecord, ...] = ()
    drawn: tuple[_BoxRecord, ...] | None = None
    """The boxes that wait while the whole image is one."""


class Example:
    """An image, what is painted in it, and the boxes.

    Parameters
    ----------
    path : Path
        The folder of the example.

    Raises
    ------
    TrainingError
        If it is no example of this version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record = _read(path)

    @classmethod
    def create(cls, path: Path, image: Source) -> Self:
        """Make an example in which nothing is painted yet.

        Parameters
        ----------
        path : Path
            A folder that is not there.
        image : Source
            The image. One that lies in no file is copied.

        Raises
        ------
        StorageError
            If nothing can be written there.
        """
        record = _record_of(image)
        with storage_errors(path):
            path.mkdir(parents=True)
            if image.path is None:
                _copy_image(image, path / IMAGE)
            _create(path / LABELS, image.shape, np.dtype(np.uint32))
            write_atomically(path / RECORD, record.model_dump_json(indent=1).encode())
        return cls(path)

    @property
    def name(self) -> str:
        """What the example is called: as its folder."""
        return self.path.name

    @property
    def shape(self) -> Shape3:
        """Extent of the image along Z, Y, X, in voxels."""
        return self._record.image.shape_zyx

    @property
    def voxel_size(self) -> VoxelSize | None:
        """Edge lengths of a voxel along Z, Y, X, in micrometres."""
        return self._record.voxel_size

    @property
    def signature(self) -> str:
        """Digest of the image's voxels, by which it is known again."""
        return self._record.image.signature

    @cached_property
    def labels(self) -> "zarr.Array[Any]":
        """What is painted, (Z, Y, X), uint32; what is written to it lasts."""
        return zarr.open_array(self.path / LABELS, mode="r+")

    @property
    def boxes(self) -> tuple[TaughtBox, ...]:
        """Where everything that is not painted is background."""
        return tuple(TaughtBox(b.start, b.stop, b.held_out) for b in self._record.boxes)

    @property
    def drawn_boxes(self) -> tuple[TaughtBox, ...]:
        """The boxes that somebody drew, also while the whole image is one."""
        return tuple(
            TaughtBox(b.start, b.stop, b.held_out) for b in _drawn(self._record)
        )

    def set_boxes(self, boxes: Iterable[TaughtBox]) -> None:
        """Say where everything that is not painted is background.

        Boxes that somebody else drew or removed since they were read here, such as
        another viewer, are drawn or removed here as well.

        Parameters
        ----------
        boxes : iterable of TaughtBox
            In voxels; what lies outside the image is cut off.

        Raises
        ------
        TrainingError
            If a box holds no voxel of the image.
        StorageError
            If nothing can be written.
        """
        wanted = tuple(self._within(box) for box in boxes)
        before = _drawn(self._record)
        everything = self.everything

        def change(now: _Record) -> dict[str, Any]:
            drawn = _merged(wanted, before, _drawn(now))
            if now.drawn is not None and not everything:  # somebody else said so
                return {"drawn": drawn}
            return {"boxes": drawn, "drawn": None}

        self._store(change)

    def look_again(self) -> bool:
        """Read the boxes again, which somebody else may have changed; say if so."""
        before, self._record = self._record, _read(self.path)
        return before != self._record

    @property
    def everything(self) -> bool:
        """Whether the whole image is one box."""
        return self._record.drawn is not None

    def teach_everything(self) -> None:
        """Make the whole image one box: every object in it is painted."""
        everything = self._within(TaughtBox((0, 0, 0), self.shape))
        self._store(lambda now: {"boxes": (everything,), "drawn": _drawn(now)})

    def teach_drawn(self) -> None:
        """Go back to the boxes that were there before `teach_everything`."""
        self._store(lambda now: {"boxes": _drawn(now), "drawn": None})

    def copy_labels(self, labels: Array) -> None:
        """Take what is painted in another array, which stays as it is.

        Parameters
        ----------
        labels : array of integers, (Z, Y, X)
            Of NumPy, zarr, dask or anything that slices give parts of; 0 and below is
            nothing.

        Raises
        ------
        TrainingError
            If it has not the extent of the image, or holds no ids.
        StorageError
            If nothing can be written.
        """
        check_labels(labels, self.shape)
        with storage_errors(self.path):
            for block in plan_blocks(self.shape, _COPIED):
                part = np.asarray(labels[box_slices(block.core)])
                self.labels[box_slices(block.core)] = as_ids(part)

    def image(self) -> Source:
        """Open the image.

        Raises
        ------
        SourceNotFoundError
            If its file is gone; the message says what to do.
        TrainingError
            If the file is another one now.
        """
        record = self._record
        if record.image.path is None:
            source = open_source(self.path / IMAGE, voxel_size=record.voxel_size)
        else:
            if not Path(record.image.path).exists():
                raise SourceNotFoundError(
                    f"The image of the example {self.name} is no longer at "
                    f"{record.image.path}. Bring it back, or take the example out of "
                    f"the project: remove {self.path}."
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
                f"{record.image.path or self.path / IMAGE} is not the image that was "
                f"painted in: its voxels are others now. Bring the old one back, or "
                f"remove {self.path}."
            )
        return source

    def _store(self, change: Callable[[_Record], dict[str, Any]]) -> None:
        """Change the record as it is now, not as it was read once."""
        with storage_errors(self.path), _locked(self.path):
            now = _read(self.path)
            record = now.model_copy(update=change(now))
            if record != now:
                content = record.model_dump_json(indent=1).encode()
                write_atomically(self.path / RECORD, content)
        self._record = record

    def _within(self, box: TaughtBox) -> _BoxRecord:
        a, b, c = (max(0, n) for n in box.start_zyx)
        d, e, f = (min(n, m) for n, m in zip(box.stop_zyx, self.shape, strict=True))
        start, stop = (a, b, c), (d, e, f)
        if any(low >= high for low, high in zip(start, stop, strict=True)):
            raise TrainingError(
                f"The box from {box.start_zyx} to {box.stop_zyx} holds nothing of the "
                f"image of {self.shape} voxels (Z, Y, X). Draw it on the image."
            )
        return _BoxRecord(start=start, stop=stop, held_out=box.held_out)


def _read(path: Path) -> _Record:
    try:
        return _Record.model_validate_json((path / RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"{path} is no example that this version can read. Add the image anew."
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
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


def _drawn(record: _Record) -> tuple[_BoxRecord, ...]:
    return record.boxes if record.drawn is None else record.drawn


def _merged(
    wanted: tuple[_BoxRecord, ...],
    before: tuple[_BoxRecord, ...],
    now: tuple[_BoxRecord, ...],
) -> tuple[_BoxRecord, ...]:
    """Give the boxes that are wanted, with what others did since `before`."""
    kept = [box for box in wanted if box in now or box not in before]
    return (*kept, *(box for box in now if box not in before and box not in kept))


def _record_of(image: Source) -> _Record:
    choice = image.choice if isinstance(image, ArraySource) else Choice()
    in_file = image.path is not None
    return _Record(
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


def _copy_image(image: Source, place: Path) -> None:
    array = _create(place, image.shape, image.dtype)
    for block in plan_blocks(image.shape, _COPIED):
        array[box_slices(block.core)] = image.read(block.core)


def _create(place: Path, shape: Shape3, dtype: np.dtype[Any]) -> "zarr.Array[Any]":
    return zarr.create_array(
        place,
        shape=shape,
        chunks=CHUNK,
        dtype=dtype,
        compressors=ZstdCodec(level=1),
        fill_value=0,
        dimension_names=("z", "y", "x"),
    )


def check_labels(labels: Array, shape: Shape3) -> None:
    """Refuse labels of another extent, or that hold no ids.

    Raises
    ------
    TrainingError
        That says why.
    """
    there = tuple(labels.shape)
    if there != shape:
        raise TrainingError(
            f"The labels have {there} voxels and the image {shape} (Z, Y, X). Choose "
            "labels that were painted on this image."
        )
    if np.dtype(labels.dtype).kind not in "iub":
        raise TrainingError(
            f"The labels are of the type {np.dtype(labels.dtype)}, which holds no ids. "
            "Choose a layer of labels, or convert it to whole numbers."
        )


def as_ids(part: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give a part of labels as numbers from 0 that fit into an example.

    Raises
    ------
    TrainingError
        If one is too large.
    """
    most = int(part.max(initial=0))
    if most > np.iinfo(np.uint32).max:
        raise TrainingError(
            f"The labels hold the id {most}, and {np.iinfo(np.uint32).max} is the "
            "largest. Number the objects from 1."
        )
    return np.maximum(part, 0).astype(np.uint32) if part.dtype.kind == "i" else part
