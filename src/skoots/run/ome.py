"""Metadata by which other programs read a run.

*Source:* OME-Zarr 0.5, sections "multiscales" and "labels"
(https://ngff.openmicroscopy.org/0.5/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skoots._types import Shape3, VoxelSize

VERSION = "0.5"

Step: TypeAlias = tuple[float, float, float]
"""Along Z, Y, X."""

_ONE = (1.0, 1.0, 1.0)


def image_metadata(
    name: str, path: str, step: Step, voxel_size: VoxelSize | None
) -> dict[str, Any]:
    """Describe one array as an image of one level.

    Parameters
    ----------
    name, path : str
        Of the image, and of the array in its group.
    step : tuple of float
        Voxels of the labels along Z, Y, X from one voxel of the image to the next.
    voxel_size : tuple of float or None
        Of the labels, likewise, in micrometres.
    """
    described = _multiscale(name, [(path, step)], voxel_size)
    # faces meet, not the centres of the first voxels
    pairs = zip(step, voxel_size or _ONE, strict=True)
    _move(described, [(s - 1) / 2 * n for s, n in pairs])
    return {"version": VERSION, "multiscales": [described]}


def label_metadata(
    steps: Sequence[Shape3], voxel_size: VoxelSize | None
) -> dict[str, Any]:
    """Describe instance labels and their pyramid.

    Parameters
    ----------
    steps : sequence of tuple of int
        Voxels of the full level along Z, Y, X from one voxel of a level to the next.
    voxel_size : tuple of float or None
        Of the full level along Z, Y, X, in micrometres.
    """
    levels = [(str(i), step) for i, step in enumerate(steps)]
    return {
        "version": VERSION,
        "multiscales": [_multiscale("instances", levels, voxel_size)],
        "image-label": {"version": VERSION, "source": {"image": "../../"}},
    }


def image_of_labels_metadata(
    name: str,
    steps: Sequence[Shape3],
    voxel_size: VoxelSize | None,
    origin: tuple[float, float, float],
) -> dict[str, Any]:
    """Describe instance labels that stand alone, without their image.

    Parameters
    ----------
    name : str
        What they are called.
    steps, voxel_size
        As in `label_metadata`.
    origin : tuple of float
        Where the first voxel lies along Z, Y, X, in micrometres or voxels.
    """
    levels = [(str(i), step) for i, step in enumerate(steps)]
    described = _multiscale(name, levels, voxel_size)
    _move(described, origin)
    return {
        "version": VERSION,
        "multiscales": [described],
        "image-label": {"version": VERSION},
    }


def _move(described: dict[str, Any], origin: Sequence[float]) -> None:
    if any(origin):
        moved = {"type": "translation", "translation": [float(o) for o in origin]}
        for dataset in described["datasets"]:
            dataset["coordinateTransformations"].append(moved)


def _multiscale(
    name: str, levels: Sequence[tuple[str, Step]], voxel_size: VoxelSize | None
) -> dict[str, Any]:
    unit = {} if voxel_size is None else {"unit": "micrometer"}
    size = voxel_size or _ONE
    return {
        "name": name,
        "axes": [{"name": a, "type": "space", **unit} for a in "zyx"],
        "datasets": [
            {"path": path, "coordinateTransformations": _transformations(size, step)}
            for path, step in levels
        ],
    }


def _transformations(size: VoxelSize, step: Step) -> list[dict[str, Any]]:
    scale = [s * n for s, n in zip(size, step, strict=True)]
    # every n-th voxel is kept, the first one too: its centre does not move
    return [{"type": "scale", "scale": scale}]
