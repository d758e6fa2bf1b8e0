"""Write labels as one compressed TIFF, whatever array they are in.

The file is an OME-TIFF: its metadata keep 32-bit ids together with the edges of a voxel
along all three axes, which the tags of ImageJ cannot. Planes are read a slab at a time,
compressed and forgotten, so memory does not grow with the volume's depth. The file gets
its name only when it is whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from skoots.errors import RunError, ShapeError
from skoots.events import BlockDone, StageStarted
from skoots.inference.labels_out import (
    check_free,
    check_labels,
    take_part,
    whole_or_nothing,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from os import PathLike

    from numpy.typing import NDArray

    from skoots._types import VoxelSize
    from skoots.events import Event
    from skoots.inference.labels_out import LabelArray

STAGE = "convert"
"""The name of this job's only stage in its events."""

TIFF_SUFFIXES = (".tif", ".tiff")

SLAB_BYTES = 1 << 26
"""What is read at once; less re-reads chunks, more only costs memory."""

CLASSIC_LIMIT = 4_000_000_000
"""Bytes of voxels that surely fit, with their tags, below 32-bit file offsets."""

_UM_PER_CM = 10_000.0


def write_labels_tiff(
    labels: LabelArray,
    path: str | PathLike[str],
    voxel_size: VoxelSize | None = None,
    *,
    name: str | None = None,
    overwrite: bool = False,
) -> Generator[Event, None, Path]:
    """Write labels as a compressed TIFF, plane by plane.

    Parameters
    ----------
    labels : array, (Z, Y, X), integers
        Anything that gives a part of itself when it is indexed with slices. Ids of 64
        bits become 32, which is what programs can read.
    path : path
        The file, which ends in ``.tif`` or ``.tiff``.
    voxel_size : tuple of float, optional
        Along Z, Y, X, in micrometres.
    name : str, optional
        What the image is called inside the file.
    overwrite : bool
        Replace a file that is there.

    Yields
    ------
    Event
        ``StageStarted`` and one ``BlockDone`` for each slab of planes.

    Returns
    -------
    path
        The file that was written.

    Raises
    ------
    ShapeError
        If the array is no labels, or an id does not fit into 32 bits.
    RunError
        If the file has no name of a TIFF, or lies in a run.
    RunExistsError
        If the file exists and `overwrite` is not set.
    StorageError
        If the disk is full or nothing may be written there.
    """
    file = Path(path)
    check_labels(labels)
    if file.suffix.lower() not in TIFF_SUFFIXES:
        raise RunError(f"{file} is no name for a TIFF. Let it end in .tif.")
    check_free(file, overwrite=overwrite)
    dtype = _stored_type(np.dtype(labels.dtype))
    pages = _Pages(dtype, tuple(labels.shape), voxel_size, name or file.name)
    with whole_or_nothing(file) as partial:
        yield from pages.write(partial, labels)
        check_free(file, overwrite=overwrite)
    return file


@dataclass(frozen=True, slots=True)
class _Pages:
    """What stands in the file besides the labels."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    voxel_size: VoxelSize | None
    name: str

    def write(self, file: Path, labels: LabelArray) -> Generator[Event, None, None]:
        """Write all planes."""
        depth, height, width = self.shape
        plane_bytes = height * width * self.dtype.itemsize
        chunks = getattr(labels, "chunks", None)
        deep = chunks[0] if chunks and isinstance(chunks[0], int) else depth
        planes = max(1, min(deep, SLAB_BYTES // plane_bytes))
        starts = range(0, depth, planes)
        yield StageStarted(STAGE, 0, len(starts))
        # One call per plane: a single call for the volume could not yield between.
        big = depth * plane_bytes > CLASSIC_LIMIT
        with tifffile.TiffWriter(file, bigtiff=big) as tiff:
            for done, start in enumerate(starts, start=1):
                stop = min(start + planes, depth)
                slab = take_part(labels, (slice(start, stop), slice(None), slice(None)))
                slab = _as_stored(slab, self.dtype)
                for z, plane in enumerate(slab, start=start):
                    tiff.write(plane, **self._options(first=z == 0))
                box = (start, stop), (0, height), (0, width)
                yield BlockDone(STAGE, box, done, len(starts))

    def _options(self, *, first: bool) -> dict[str, Any]:
        options: dict[str, Any] = {
            "compression": "zlib",  # every reader knows it; zstd only the newer ones
            "photometric": "minisblack",
            "metadata": None,
            "software": "skoots",
        }
        if self.voxel_size is not None:
            _, y, x = self.voxel_size
            options["resolution"] = (_UM_PER_CM / x, _UM_PER_CM / y)
            options["resolutionunit"] = "CENTIMETER"
        if first:
            options["description"] = self._describe()
        return options

    def _describe(self) -> bytes:
        """Give the OME-XML that says what the pages are; it stands in the first one."""
        edges: dict[str, object] = {}
        if self.voxel_size is not None:
            for axis, edge in zip("ZYX", self.voxel_size, strict=True):
                edges |= {f"PhysicalSize{axis}": edge, f"PhysicalSize{axis}Unit": "µm"}
        xml = tifffile.OmeXml(Creator="skoots")
        depth, height, width = self.shape
        xml.addimage(
            dtype=self.dtype,
            shape=self.shape,
            storedshape=(depth, 1, 1, height, width, 1),
            axes="ZYX",
            Name=self.name,
            **edges,
        )
        return xml.tostring().encode()


def _stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return np.dtype(np.uint32) if dtype.itemsize == 8 else dtype.newbyteorder("=")


def _as_stored(slab: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Bring a slab to the type of the file.

    Raises
    ------
    ShapeError
        If an id does not fit.
    """
    if slab.dtype.itemsize > dtype.itemsize:
        for label in (int(slab.min()), int(slab.max())):
            if not 0 <= label <= np.iinfo(dtype).max:
                raise ShapeError(
                    f"The label {label} does not fit into a TIFF of {dtype}. Give it "
                    "another number, or save as OME-Zarr."
                )
    return slab.astype(dtype, copy=False)
