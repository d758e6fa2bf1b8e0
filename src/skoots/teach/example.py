"""One image, and the objects that somebody painted in it.

==================  ===========================================================
``example.json``    which image it is, and the boxes
``labels.zarr``     (Z, Y, X), uint32: a number for each object, 0 where nobody
                    painted
``image.zarr``      the image, where it lies in no file that is read here as it was
                    seen
==================  ===========================================================

Inside a box everything that is not painted is background; outside, nobody knows.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from skoots.run.storage import storage_errors
from skoots.teach.example_arrays import (
    copy_image,
    copy_labels,
    create_labels,
    open_labels,
)
from skoots.teach.example_image import open_image, record_of
from skoots.teach.example_record import (
    ExampleRecord,
    change_example,
    read_example,
    write_example,
)
from skoots.teach.remedies import PAINTING
from skoots.train.data.taught_boxes import TaughtBox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import zarr

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.array_source import Array
    from skoots.volume.source import Source


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
        self._record = read_example(path)
        self._labels: zarr.Array[Any] | None = None

    @classmethod
    def create(cls, path: Path, image: Source) -> Self:
        """Make an example in which nothing is painted yet.

        Parameters
        ----------
        path : Path
            A folder that is not there.
        image : Source
            The image. It is copied where it lies in no file, or in one that this
            package reads in another way or not at all.

        Raises
        ------
        StorageError
            If nothing can be written there.
        """
        record = record_of(image, path)
        with storage_errors(path, PAINTING):
            path.mkdir(parents=True)
            try:
                if record.image.path is None:
                    copy_image(image, path)
                create_labels(path, image.shape)
                write_example(path, record)  # what has none is no example
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                raise
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

    @property
    def labels(self) -> zarr.Array[Any]:
        """What is painted, (Z, Y, X), uint32; what is written to it lasts.

        Write into it, as ``labels[3:9, 10:20, 5:15] = 7``.
        """
        if self._labels is None:
            self._labels = open_labels(self.path)
        return self._labels

    @property
    def boxes(self) -> tuple[TaughtBox, ...]:
        """Where everything that is not painted is background."""
        return self._record.taught_boxes

    @property
    def drawn_boxes(self) -> tuple[TaughtBox, ...]:
        """The boxes that somebody drew, also while the whole image is one."""
        return self._record.drawn_boxes

    def set_voxel_size(self, size: VoxelSize) -> None:
        """Say how large a voxel is, where that is known better by now.

        Parameters
        ----------
        size : tuple of float
            Along Z, Y, X, in micrometres.

        Raises
        ------
        StorageError
            If nothing can be written.
        """
        change_example(self.path, partial(_with_voxel_size, size=size))
        # the boxes are known as they were: what others drew is still to be shown
        self._record = _with_voxel_size(self._record, size)

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
        TypeError
            If they are no `TaughtBox`.
        TrainingError
            If a box holds no voxel of the image.
        StorageError
            If nothing can be written.
        """
        wanted, known = tuple(boxes), self._record
        for box in wanted:
            if not isinstance(box, TaughtBox):
                raise TypeError(
                    f"{box!r} is no box. Give skoots.teach.TaughtBox(start, stop), "
                    "each along Z, Y, X, in voxels."
                )
        self._change(lambda now: now.with_boxes(wanted, known))

    def look_again(self) -> bool:
        """Read the boxes again, which somebody else may have changed; say if so."""
        before, self._record = self._record, read_example(self.path)
        return before != self._record

    @property
    def everything(self) -> bool:
        """Whether the whole image is one box."""
        return self._record.everything

    def teach_everything(self) -> None:
        """Make the whole image one box: every object in it is painted."""
        self._change(ExampleRecord.with_everything)

    def teach_drawn(self) -> None:
        """Go back to the boxes that were there before `teach_everything`."""
        self._change(ExampleRecord.with_drawn)

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
        with storage_errors(self.path, PAINTING):
            copy_labels(labels, self.labels)

    def image(self) -> Source:
        """Open the image, also where it was moved together with the project.

        Raises
        ------
        SourceNotFoundError
            If its file is gone; the message says what to do.
        TrainingError
            If the file is another one now.
        """
        return open_image(self._record, self.path)

    def _change(self, change: Callable[[ExampleRecord], ExampleRecord]) -> None:
        """Change the record as it is now, not as it was read once."""
        self._record = change_example(self.path, change)


def _with_voxel_size(record: ExampleRecord, size: VoxelSize) -> ExampleRecord:
    return record.model_copy(update={"voxel_size": size})
