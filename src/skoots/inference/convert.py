"""Write the labels of a run as one compressed TIFF; `labels_tiff` says how.

A run is asked for its name and place, and whether it is finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import RunError
from skoots.inference.labels_out import check_free
from skoots.inference.labels_tiff import TIFF_SUFFIXES, write_labels_tiff
from skoots.run.folder import RunFolder
from skoots.run.layout import LABELS
from skoots.volume.naming import RUN_SUFFIX
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    import os
    from collections.abc import Generator

    from numpy.typing import NDArray

    from skoots.events import Event

_READ_BY_TRAINING = (".labels", ".skeletons", ".skeleton_mask", ".background")


def export_tiff(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    overwrite: bool = False,
) -> Generator[Event, None, Path]:
    """Write the labels of a finished run as a compressed TIFF, plane by plane.

    Parameters
    ----------
    run : path
        The run folder ``NAME.skoots.zarr``.
    out : path or None
        The file, or a folder to make ``NAME_instances.tif`` in; None takes the run's
        own folder.
    overwrite : bool
        Replace a file that is there.

    Yields
    ------
    Event
        ``StageStarted`` and one ``BlockDone`` for each slab of planes.

    Returns
    -------
    path
        The file that was written: (Z, Y, X), uint32, with the run's voxel size.

    Raises
    ------
    RunError
        If the run is not finished or damaged, or training would read a file of this
        name.
    RunExistsError
        If the file exists and `overwrite` is not set.
    StorageError
        If the disk is full or nothing may be written there.
    """
    if not Path(run).exists():
        raise RunError(f"There is no run at {run}. Check the path and its spelling.")
    if not Path(run).is_dir():
        raise RunError(
            f"{run} is a file and no run. Give the folder NAME{RUN_SUFFIX} of a run."
        )
    folder = RunFolder.open(Path(run))
    if not folder.finished:
        raise RunError(
            f"The run {run} is not finished. Finish it with resume=True (--resume), "
            "then convert it."
        )
    file = _choose_file(Path(run), None if out is None else Path(out))
    _check_name(file, folder.plan.image.path)
    check_free(file, overwrite=overwrite)
    labels = _LabelsOfRun(folder)
    return (
        yield from write_labels_tiff(
            labels, file, folder.voxel_size, name=Path(run).name, overwrite=overwrite
        )
    )


@dataclass(frozen=True, slots=True)
class _LabelsOfRun:
    """The labels of a run, whose damage is told as the run tells it."""

    run: RunFolder

    @property
    def shape(self) -> tuple[int, ...]:
        return self.run.labels.shape

    @property
    def chunks(self) -> tuple[int, ...]:
        return self.run.labels.chunks

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.run.labels.dtype)

    def __getitem__(self, key: tuple[slice, slice, slice]) -> NDArray[Any]:
        z, y, x = (
            Span(*pick.indices(length)[:2])
            for pick, length in zip(key, self.shape, strict=True)
        )
        return self.run.read(f"{LABELS}/0", (z, y, x))


def _choose_file(run: Path, out: Path | None) -> Path:
    name = run.absolute().name.removesuffix(RUN_SUFFIX) + "_instances.tif"
    if out is None:
        return run.absolute().parent / name
    return out / name if out.is_dir() else out


def _check_name(file: Path, image: str | None) -> None:
    if file.suffix.lower() not in TIFF_SUFFIXES:
        raise RunError(f"{file} is no name for a TIFF. Let it end in .tif.")
    if file.stem.lower().endswith(_READ_BY_TRAINING):
        raise RunError(
            f"Training would take {file.name} for labels that a person checked. "
            "Choose another name, such as NAME_instances.tif."
        )
    is_image = image is not None and file.resolve() == Path(image).resolve()
    if is_image or file.with_suffix(f".labels{file.suffix}").exists():
        raise RunError(
            f"{file} is the name of an image. Choose another name, such as "
            "NAME_instances.tif."
        )
