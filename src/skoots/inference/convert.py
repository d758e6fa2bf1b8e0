"""Write the labels of a run as one compressed TIFF.

The file is an OME-TIFF: its metadata keep 32-bit ids together with the edges of a voxel
along all three axes, which the tags of ImageJ cannot. Planes are read from the run a
slab at a time, compressed and forgotten, so memory does not grow with the volume's
depth. The file gets its name only when it is whole.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import tifffile

from skoots.errors import RunError, RunExistsError, SkootsError, StorageError
from skoots.events import BlockDone, StageStarted
from skoots.run.folder import RunFolder
from skoots.run.layout import LABELS
from skoots.volume.naming import RUN_SUFFIX
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

    from skoots.events import Event

STAGE = "convert"
"""The name of this job's only stage in its events."""

_TIFF_SUFFIXES = (".tif", ".tiff")
_READ_BY_TRAINING = (".labels", ".skeletons", ".skeleton_mask", ".background")

_SLAB_BYTES = 1 << 26
"""What is read from the run at once; less re-reads chunks, more only costs memory."""

_UM_PER_CM = 10_000.0

_CLASSIC_LIMIT = 4_000_000_000
"""Bytes of voxels that surely fit, with their tags, below 32-bit file offsets."""


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
    _check_free(file, overwrite=overwrite)
    with _whole_or_nothing(file) as partial:
        yield from _write(partial, folder, Path(run).name)
        _check_free(file, overwrite=overwrite)
    return file


def _choose_file(run: Path, out: Path | None) -> Path:
    name = run.absolute().name.removesuffix(RUN_SUFFIX) + "_instances.tif"
    if out is None:
        return run.absolute().parent / name
    return out / name if out.is_dir() else out


def _check_name(file: Path, image: str | None) -> None:
    if file.suffix.lower() not in _TIFF_SUFFIXES:
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


def _check_free(file: Path, *, overwrite: bool) -> None:
    if file.exists() and not overwrite:
        raise RunExistsError(
            f"{file} exists. Replace it with overwrite=True (--overwrite), or choose "
            "another place with out (--out)."
        )


@contextmanager
def _whole_or_nothing(file: Path) -> Iterator[Path]:
    """Give a name to write under; it becomes `file` if all goes well."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(file)
    except SkootsError:
        raise
    except OSError as error:
        raise StorageError(
            f"Cannot write {file}: {error.strerror or error}. Make room there, or "
            "choose another place with out (--out)."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _write(file: Path, run: RunFolder, name: str) -> Generator[Event, None, None]:
    depth, height, width = run.labels.shape
    plane_bytes = height * width * run.labels.dtype.itemsize
    planes = max(1, min(run.labels.chunks[0], _SLAB_BYTES // plane_bytes))
    starts = range(0, depth, planes)
    yield StageStarted(STAGE, 0, len(starts))
    # One call per plane, because a single call for the volume could not yield between.
    with tifffile.TiffWriter(
        file, bigtiff=depth * plane_bytes > _CLASSIC_LIMIT
    ) as tiff:
        for done, start in enumerate(starts, start=1):
            stop = min(start + planes, depth)
            planes_zyx = Span(start, stop), Span(0, height), Span(0, width)
            slab = run.read(f"{LABELS}/0", planes_zyx)
            for z, plane in enumerate(slab, start=start):
                tiff.write(plane, **_page_options(run, name if z == 0 else None))
            box = (start, stop), (0, height), (0, width)
            yield BlockDone(STAGE, box, done, len(starts))


def _page_options(run: RunFolder, name: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "compression": "zlib",  # every reader knows it; zstd only the newer ones
        "photometric": "minisblack",
        "metadata": None,
        "software": "skoots",
    }
    if run.voxel_size is not None:
        _, y, x = run.voxel_size
        options["resolution"] = (_UM_PER_CM / x, _UM_PER_CM / y)
        options["resolutionunit"] = "CENTIMETER"
    if name is not None:
        options["description"] = _describe(run, name)
    return options


def _describe(run: RunFolder, name: str) -> bytes:
    """Give the OME-XML that says what the pages are; it stands in the first one."""
    shape, size = run.labels.shape, run.voxel_size
    edges: dict[str, object] = {}
    if size is not None:
        for axis, edge in zip("ZYX", size, strict=True):
            edges |= {f"PhysicalSize{axis}": edge, f"PhysicalSize{axis}Unit": "µm"}
    xml = tifffile.OmeXml(Creator="skoots")
    xml.addimage(
        dtype=run.labels.dtype,
        shape=shape,
        storedshape=(shape[0], 1, 1, shape[1], shape[2], 1),
        axes="ZYX",
        Name=name,
        **edges,
    )
    return xml.tostring().encode()
