"""What the user looks at and points at, in voxels of a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer, Shapes
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.region import Region

    Point = tuple[float, float, float]


def view_region(
    viewer: ViewerModel, layer: Layer, axes: str, shape_zyx: Shape3
) -> Region | None:
    """Give the part of a volume that is on the screen.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the layer.
    layer : Layer
        Of the volume.
    axes : str
        A letter for each of its dimensions.
    shape_zyx : tuple of int
        Extent of the volume, in voxels.

    Returns
    -------
    tuple of (start, stop) or None
        Along Z, Y, X, in voxels: one plane in 2D. None if nothing of it is shown.
    """
    low, high = _corners(layer)
    point = _data_point(viewer, layer)
    shown = {k - viewer.dims.ndim + layer.ndim for k in viewer.dims.displayed}
    region = []
    for letter, length in zip("ZYX", shape_zyx, strict=True):
        place = axes.find(letter)
        if place < 0:
            region.append((0, length))
            continue
        if place in shown:
            start, stop = int(np.floor(low[place])), int(np.ceil(high[place])) + 1
        else:
            start = round(point[place])
            stop = start + 1
        start, stop = max(0, start), min(length, stop)
        if start >= stop:
            return None
        region.append((start, stop))
    return region[0], region[1], region[2]


def view_centre(
    viewer: ViewerModel, layer: Layer, axes: str, shape_zyx: Shape3
) -> Point | None:
    """Give the middle of what is on the screen (Z, Y, X), in voxels."""
    region = view_region(viewer, layer, axes, shape_zyx)
    if region is None:
        return None
    z, y, x = ((start + stop - 1) / 2 for start, stop in region)
    return z, y, x


def point_under_cursor(
    viewer: ViewerModel, layer: Layer, axes: str, shape_zyx: Shape3
) -> Point | None:
    """Give the voxel under the cursor, or the view's middle if it is elsewhere.

    Parameters
    ----------
    viewer, layer, axes, shape_zyx
        As for `view_region`.

    Returns
    -------
    tuple of float or None
        Along Z, Y, X, in voxels; None if nothing of the volume is shown.
    """
    world = np.asarray(viewer.cursor.position, float)
    if len(world) == viewer.dims.ndim:
        data = np.asarray(layer.world_to_data(world[-layer.ndim :]))
        point = [data[axes.find(a)] if a in axes else 0.0 for a in "ZYX"]
        inside = zip(point, shape_zyx, strict=True)
        if all(-0.5 <= p <= n - 0.5 for p, n in inside):
            return point[0], point[1], point[2]
    return view_centre(viewer, layer, axes, shape_zyx)


def box_region(
    shapes: Shapes, layer: Layer, axes: str, shape_zyx: Shape3
) -> Region | None:
    """Give the box around the selected shapes, or around all if none is selected.

    Parameters
    ----------
    shapes : napari.layers.Shapes
        Drawn over the volume. Shapes on a single plane stand for all planes.
    layer, axes, shape_zyx
        As for `view_region`.

    Returns
    -------
    tuple of (start, stop) or None
        Along Z, Y, X, in voxels; None if there is no shape, or none in the volume.
    """
    chosen = sorted(shapes.selected_data) or range(len(shapes.data))
    corners = [_corner_points(shapes, shapes.data[k], layer) for k in chosen]
    if not corners:
        return None
    points = np.concatenate(corners)  # (N, D), NaN along axes that a shape has not
    region = []
    for letter, length in zip("ZYX", shape_zyx, strict=True):
        place = axes.find(letter)
        along = points[:, place] if place >= 0 else np.array([np.nan])
        flat = letter == "Z" and np.ptp(along) < 0.5
        if flat or np.isnan(along).any():
            region.append((0, length))
            continue
        start = max(0, round(float(along.min())))
        stop = min(length, round(float(along.max())) + 1)
        if start >= stop:
            return None
        region.append((start, stop))
    return region[0], region[1], region[2]


def _corner_points(
    shapes: Shapes, vertices: NDArray[np.floating], layer: Layer
) -> NDArray[np.float64]:
    """Bring the vertices of a shape to voxels of a layer, (N, D)."""
    missing = max(0, layer.ndim - shapes.ndim)
    points = []
    for vertex in vertices:
        world = np.asarray(shapes.data_to_world(vertex), float)[-layer.ndim :]
        data = np.asarray(layer.world_to_data([0.0] * missing + list(world)), float)
        data[:missing] = np.nan
        points.append(data)
    return np.array(points)


def _corners(layer: Layer) -> NDArray[np.float64]:
    """Give the corners of what is shown, (2, D), in voxels at full resolution."""
    corners = np.asarray(layer.corner_pixels, float)
    if getattr(layer, "multiscale", False):
        corners = corners * layer.downsample_factors[layer.data_level]
    return corners


def _data_point(viewer: ViewerModel, layer: Layer) -> NDArray[np.float64]:
    """Give where the sliders stand, in voxels of a layer."""
    return np.asarray(layer.world_to_data(viewer.dims.point[-layer.ndim :]), float)
