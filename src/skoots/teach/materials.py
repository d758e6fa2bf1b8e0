"""From what is painted in an image to files that `skoots.train` learns from.

Only what is near something painted or a box is cut out, on the very grid that the
network will see when it is applied, so that both see the same voxels.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from skoots.run.scale import grid_voxel_size
from skoots.run.storage import storage_errors
from skoots.teach.moved_skeletons import write_moved_skeletons
from skoots.teach.remedies import TEACHING
from skoots.train.data.said_intensity import INTENSITY_END, write_intensity
from skoots.volume.resample import ResampledSource, nearest_indices
from skoots.volume.statistics import sample_statistics
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.teach.example import Example
    from skoots.teach.painted import Painted
    from skoots.train.data.taught_boxes import TaughtBox
    from skoots.volume.array_source import Array
    from skoots.volume.tiling import Box

_IMAGEJ = ("uint8", "uint16", "float32")
"""Types that a TIFF with a voxel size can have."""


def write_materials(
    example: Example,
    painted: Painted,
    boxes: Sequence[TaughtBox],
    grid: Shape3,
    margin: Shape3,
    folder: Path,
) -> list[Path]:
    """Cut out what can be learned from an example.

    Parameters
    ----------
    example : Example
        The image, and what is painted in it.
    painted : Painted
        What `skoots.teach.painted.look` found there.
    boxes : sequence of TaughtBox
        Those of the example, and what is held out.
    grid : tuple of int
        Extent of the whole image along Z, Y, X on the grid of the network, as
        `skoots.run.scale.grid_shape` gives it.
    margin : tuple of int
        Voxels of that grid around what is painted, for the network to see.
    folder : Path
        Where ``NAME.tif``, ``NAME.labels.tif``, ``NAME.boxes.json`` and
        ``NAME.intensity.json`` go, and ``NAME.skeletons.trch`` where somebody moved
        points; parts of one image that lie far from each other
        become several volumes.

    Returns
    -------
    list of Path
        The images that were written.

    Raises
    ------
    SourceError
        If the image cannot be read.
    StorageError
        If nothing can be written.
    """
    source = example.image()
    whole = sample_statistics(source)
    size = grid_voxel_size(source, grid)
    scaled = source if grid == source.shape else ResampledSource(source, grid)
    written = []
    with storage_errors(folder, TEACHING):
        folder.mkdir(parents=True, exist_ok=True)
        for number, region in enumerate(_regions(painted, boxes, grid, margin)):
            image = folder / f"{example.name}-{number + 1}.tif"
            grey = as_read(scaled.read(region), source.dtype)
            write_volume(image, grey, size)
            labels = labels_on_grid(example.labels, grid, region)
            painted_in = image.with_suffix(".labels.tif")
            write_volume(painted_in, labels, None)
            write_moved_skeletons(
                example, painted.objects, painted_in, labels, grid, region, size
            )
            inside = [_on_grid(box, example.shape, grid) for box in boxes]
            _write_boxes(image.with_suffix(".boxes.json"), inside, region)
            stem = image.name.removesuffix(".tif")
            place = image.with_name(f"{stem}{INTENSITY_END}")
            write_intensity(place, whole.mean, whole.std or 1.0)
            written.append(image)
    return written


def labels_on_grid(labels: Array, grid: Shape3, region: Box) -> NDArray[Any]:
    """Read labels on a grid of another extent: of each voxel the one at its centre.

    Parameters
    ----------
    labels : array of integers, (Z, Y, X)
        On their own grid.
    grid : tuple of int
        Extent of the whole grid that is wanted.
    region : tuple of Span
        The part of it to read.

    Returns
    -------
    ndarray, (Z, Y, X)
    """
    taken = [
        nearest_indices(n_out, n_in)[span.slice]
        for n_out, n_in, span in zip(grid, labels.shape, region, strict=True)
    ]
    z, y, x = (slice(int(at[0]), int(at[-1]) + 1) for at in taken)
    part = np.asarray(labels[z, y, x])
    return part[np.ix_(*(at - at[0] for at in taken))]


def _regions(
    painted: Painted, boxes: Iterable[TaughtBox], grid: Shape3, margin: Shape3
) -> list[Box]:
    """Give the parts of the grid that hold all objects and boxes, with a margin."""
    shape = np.array(painted.shape)
    extents = [(box.start_zyx, box.stop_zyx) for box in boxes]
    extents += [(box[:, 0], box[:, 1]) for box in painted.objects.box_zyx]
    step = np.array(grid) / shape
    spans = []
    for start, stop in extents:
        low = np.floor(np.array(start) * step).astype(int) - margin
        high = np.ceil(np.array(stop) * step).astype(int) + margin
        spans.append((np.maximum(low, 0), np.minimum(high, grid)))
    return [_as_box(low, high) for low, high in _joined(spans)]


_Extent = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


def _joined(extents: list[_Extent]) -> list[_Extent]:
    """Make one of those that share a voxel, until none do."""
    left, done = list(extents), []
    while left:
        low, high = left.pop()
        near = [
            i for i, (a, b) in enumerate(left) if (a < high).all() & (low < b).all()
        ]
        if not near:
            done.append((low, high))
            continue
        together = [(low, high), *(left[i] for i in near)]
        left = [one for i, one in enumerate(left) if i not in near]
        lows, highs = zip(*together, strict=True)
        left.append((np.min(lows, axis=0), np.max(highs, axis=0)))
        left += done  # what was apart may touch the larger one
        done = []
    return sorted(done, key=lambda extent: tuple(extent[0]))


def _as_box(low: NDArray[np.int64], high: NDArray[np.int64]) -> Box:
    z, y, x = (Span(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return z, y, x


def _on_grid(box: TaughtBox, shape: Shape3, grid: Shape3) -> tuple[Box, bool]:
    """Give the voxels of a grid that lie in a box, at least one along each axis."""
    spans = []
    for start, stop, old, new in zip(
        box.start_zyx, box.stop_zyx, shape, grid, strict=True
    ):
        low = min(-(-start * new // old), new - 1)
        spans.append(Span(low, max(stop * new // old, low + 1)))
    return (spans[0], spans[1], spans[2]), box.held_out


def _write_boxes(path: Path, boxes: Iterable[tuple[Box, bool]], region: Box) -> None:
    listed = []
    for box, held_out in boxes:
        pairs = list(zip(box, region, strict=True))
        if all(r.start <= b.start and b.stop <= r.stop for b, r in pairs):
            start = [b.start - r.start for b, r in pairs]
            stop = [b.stop - r.start for b, r in pairs]
            listed.append({"start": start, "stop": stop, "held_out": held_out})
    path.write_text(json.dumps({"boxes": listed}), encoding="utf-8")


def as_read(grey: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Give grey values a type that a TIFF with a voxel size can have.

    Parameters
    ----------
    grey : ndarray
        Perhaps resampled.
    dtype : dtype
        Of the image that they are of.
    """
    if dtype.name not in _IMAGEJ:
        return grey.astype(np.float32)
    if dtype.kind == "f" or grey.dtype == dtype:
        return grey.astype(dtype)
    most = np.iinfo(dtype).max
    whole: NDArray[Any] = np.clip(np.rint(grey), 0, most).astype(dtype)
    return whole


def write_volume(path: Path, values: NDArray[Any], size: VoxelSize | None) -> None:
    """Write a TIFF that `skoots.train` reads.

    Parameters
    ----------
    path : Path
        Of the file.
    values : ndarray, (Z, Y, X)
        Grey values as `as_read` gives them, or labels.
    size : tuple of float or None
        Of a voxel along Z, Y, X, in micrometres.
    """
    if size is None:
        tifffile.imwrite(
            path, values, metadata={"axes": "ZYX"}, photometric="minisblack"
        )
        return
    z, y, x = size
    metadata = {"axes": "ZYX", "spacing": z, "unit": "um"}
    resolution = (1 / x, 1 / y)
    tifffile.imwrite(
        path, values, imagej=True, resolution=resolution, metadata=metadata
    )
