"""Skeletons as layers: points and arrows in the colours of their objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_skoots.layers.geometry import last_axes
from napari_skoots.layers.source import FACTS, level0

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.layers import Labels, Points, Vectors
    from numpy.typing import NDArray

    Ids = NDArray[np.integer]

POINT_SIZE = 5.0
"""Diameter, in voxels of the plane."""

_LEAST_PIXELS = 4
"""A smaller point shows no colour."""

ARROW_WIDTH = 0.8
"""In voxels of the plane."""

_BRIGHTNESS = np.array((0.3, 0.59, 0.11), np.float32)
_LIGHT, _MIXED = 0.6, 0.55


def colours_of(labels: Labels | None, ids: Ids) -> NDArray[np.float32]:
    """Give each point the colour of its object, so much changed that it stands out.

    Parameters
    ----------
    labels : napari.layers.Labels or None
        Where the objects are shown; None takes the colours that napari begins with.
    ids : ndarray, (N,), integer
        Objects.

    Returns
    -------
    ndarray, (N, 4), float32
        Red, green, blue, opaque, from 0 to 1.
    """
    from napari.utils.colormaps import label_colormap  # noqa: PLC0415 - loads late

    colormap = label_colormap() if labels is None else labels.colormap
    known, where = np.unique(ids, return_inverse=True)
    colours = np.array([colormap.map(int(key)) for key in known], np.float32)
    return _standing_out(colours.reshape(-1, 4)[:, :3])[where]


def _standing_out(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make dark colours lighter and light ones darker, and all opaque. (N, 4)."""
    bright = colours @ _BRIGHTNESS
    towards = np.where(bright < _LIGHT, 1.0, 0.0)[:, None]
    mixed = colours + _MIXED * (towards - colours)
    return np.concatenate([mixed, np.ones_like(mixed[:, :1])], 1).astype(np.float32)


def points_layer(
    places: NDArray[np.floating],
    ids: Ids,
    labels: Labels | None,
    name: str,
    geometry: Mapping[str, Any],
    *,
    depth: int = 1,
) -> Points:
    """Make a layer of skeleton points, one colour for each object.

    Parameters
    ----------
    places : ndarray, (N, D), float
        In voxels of the labels.
    ids : ndarray, (N,), integer
        The object of each.
    labels : napari.layers.Labels or None
        Whose colours they take.
    name : str
        Of the layer.
    geometry : mapping
        Where the labels lie, as `geometry_of` says it; of as many axes.
    depth : int
        Planes that each point stands for: it is shown in all of them, as napari shows
        none that lie beside the plane.
    """
    from napari.layers import Points  # noqa: PLC0415 - napari loads layers late

    known = labels is not None and depth > 1
    planes = level0(labels).shape[-3] if known else None
    places, ids = _in_planes(places, ids, depth, planes)
    return Points(
        places,
        name=name,
        # whole numbers of few values would be taken for classes, with a warning
        features={"label": np.asarray(ids, float)},
        size=POINT_SIZE,
        face_color=colours_of(labels, ids) if len(ids) else "white",
        border_width=0,
        canvas_size_limits=(_LEAST_PIXELS, 10_000),
        blending="translucent_no_depth",
        metadata={FACTS: {"overlay": True}},
        **last_axes(geometry, places.shape[1]),
    )


def arrows_layer(
    starts: NDArray[np.floating],
    ways: NDArray[np.floating],
    colours: NDArray[np.floating],
    name: str,
    geometry: Mapping[str, Any],
) -> Vectors:
    """Make a layer of arrows.

    Parameters
    ----------
    starts, ways : ndarray, (N, D), float
        In voxels.
    colours : ndarray, (N, 4), float
        Of each.
    name, geometry
        As for `points_layer`.
    """
    from napari.layers import Vectors  # noqa: PLC0415 - napari loads layers late

    return Vectors(
        np.stack([starts, ways], axis=1),
        name=name,
        edge_color=colours if len(starts) else "white",
        edge_width=ARROW_WIDTH,
        vector_style="triangle",
        blending="translucent_no_depth",
        metadata={FACTS: {"overlay": True}},
        **last_axes(geometry, starts.shape[1]),
    )


def _in_planes(
    places: NDArray[np.floating], ids: Ids, depth: int, planes: int | None
) -> tuple[NDArray[np.floating], Ids]:
    """Repeat points in the planes around them, of those that there are.

    A point beyond the volume would give napari's slider one step more.
    """
    if depth < 2:
        return places, ids
    below = (depth - 1) // 2
    own = np.rint(places[:, 0])
    copies = [places.copy() for _ in range(depth)]
    for plane, copy in enumerate(copies):
        copy[:, 0] = own + plane - below
    repeated, owners = np.concatenate(copies), np.tile(ids, depth)
    inside = repeated[:, 0] >= 0
    if planes is not None:
        inside &= repeated[:, 0] < planes
    return repeated[inside], owners[inside]
