"""What all writers of labels share: which arrays they take, and a name at the end.

What is written has another name until it is whole. A job that is closed, or fails,
leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from skoots.errors import (
    RunError,
    RunExistsError,
    ShapeError,
    SkootsError,
    StorageError,
)
from skoots.run.layout import is_run
from skoots.volume.naming import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class LabelArray(Protocol):
    """Labels along Z, Y, X, in memory or not: numpy, zarr, dask, or any other."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent, in voxels."""
        ...

    @property
    def dtype(self) -> Any:
        """Type of a label."""
        ...

    def __getitem__(self, key: Any, /) -> Any:
        """Give a part, as `numpy.asarray` takes it."""
        ...


def check_labels(labels: LabelArray) -> None:
    """Refuse what is no labels.

    Raises
    ------
    ShapeError
        That says the shape and type.
    """
    kind = np.dtype(labels.dtype).kind
    if len(labels.shape) != 3 or kind not in "biu" or 0 in labels.shape:
        raise ShapeError(
            f"Labels are integers along Z, Y, X; these are {labels.dtype} of shape "
            f"{tuple(labels.shape)}. Choose three axes of them."
        )


def check_free(place: Path, *, overwrite: bool) -> None:
    """Refuse a place that is taken, or that lies in a run.

    Parameters
    ----------
    place : Path
        Where labels shall be written.
    overwrite : bool
        Whether what lies there may be replaced.

    Raises
    ------
    RunError
        If it is a run, or in one: that would destroy it.
    RunExistsError
        If something is there and `overwrite` is not set.
    """
    absolute = place.resolve()
    run = next((p for p in (absolute, *absolute.parents) if is_run(p)), None)
    if run is not None or place.name.endswith(RUN_SUFFIX):
        raise RunError(
            f"{place} is the place of a run of SKOOTS. Choose another name for a copy "
            "of the labels."
        )
    if place.exists() and not overwrite:
        raise RunExistsError(
            f"{place} exists. Replace it with overwrite=True (--overwrite), or choose "
            "another place with out (--out)."
        )


@contextmanager
def whole_or_nothing(place: Path) -> Iterator[Path]:
    """Give a name to write under; it becomes `place` if all goes well.

    Raises
    ------
    StorageError
        If the disk is full or nothing may be written there.
    """
    partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        if place.is_dir():
            before = place.with_name(f".{place.name}.{os.getpid()}.before")
            place.rename(before)
            partial.rename(place)
            shutil.rmtree(before)
        else:
            partial.replace(place)
    except SkootsError:
        raise
    except OSError as error:
        raise StorageError(
            f"Cannot write {place}: {error.strerror or error}. Make room there, or "
            "choose another place with out (--out)."
        ) from error
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)


def take_part(labels: LabelArray, key: tuple[slice, ...]) -> NDArray[Any]:
    """Read a part of labels; booleans become 0 and 1."""
    part = np.asarray(labels[key])
    return part.astype(np.uint8) if part.dtype == bool else part
