"""Where a layer lies: voxel sizes in the engine's words and in napari's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Layer

    from skoots._types import VoxelSize

ZYX = "ZYX"


def layer_geometry(voxel_size: VoxelSize | None) -> dict[str, Any]:
    """Say in napari's words how large a voxel is.

    Parameters
    ----------
    voxel_size : VoxelSize or None
        Edge lengths along Z, Y, X in micrometres; None where nobody knows.

    Returns
    -------
    dict
        Keywords of a layer; only the names of the axes without a voxel size.

    Examples
    --------
    >>> layer_geometry((0.05, 0.01, 0.01))["scale"]
    (0.05, 0.01, 0.01)
    """
    geometry: dict[str, Any] = {"axis_labels": ("z", "y", "x")}
    if voxel_size is not None:
        geometry |= {"scale": voxel_size, "units": ("um", "um", "um")}
    return geometry


def voxel_size_of(layer: Layer, axes: str = ZYX) -> VoxelSize | None:
    """Give the voxel size of a layer in micrometres.

    Parameters
    ----------
    layer : napari.layers.Layer
        With any unit of length.
    axes : str
        A letter for each of its dimensions.

    Returns
    -------
    tuple of float or None
        Along Z, Y, X; None where the unit is no length, such as pixels. Without Z, a
        voxel is as deep as it is wide.

    Examples
    --------
    >>> from napari.layers import Image
    >>> nm = {"scale": (50, 10, 10), "units": ("nm", "nm", "nm")}
    >>> voxel_size_of(Image(np.zeros((2, 2, 2)), **nm))
    (0.05, 0.01, 0.01)
    """
    edges = []
    for letter in ZYX:
        place = axes.find(letter)
        if place < 0:
            continue
        unit = layer.units[place]
        if not unit.is_compatible_with("um"):
            return None
        edges.append(round(float((layer.scale[place] * unit).to("um").magnitude), 9))
    z, y, x = edges if len(edges) == 3 else (edges[-1], *edges)
    return z, y, x


def geometry_of(layer: Layer, axes: str = ZYX) -> dict[str, Any]:
    """Give the keywords that put a volume (Z, Y, X) where a layer is.

    Parameters
    ----------
    layer : napari.layers.Layer
        Of these or of more axes.
    axes : str
        A letter for each of its dimensions; see `lies_last`.

    Returns
    -------
    dict
        ``scale``, ``translate``, ``rotate``, ``shear``, ``affine``, ``units`` and
        ``axis_labels``, those of time and channels left out.
    """
    places = [axes.index(letter) for letter in ZYX if letter in axes]
    if len(places) < 3:
        return _plane_geometry(layer, axes)
    geometry: dict[str, Any] = {
        "scale": tuple(layer.scale[places]),
        "translate": tuple(layer.translate[places]),
        "rotate": layer.rotate[np.ix_(places, places)],
        "affine": layer.affine.set_slice(places).affine_matrix,
        "units": tuple(layer.units[place] for place in places),
        "axis_labels": _labels(layer, places),
    }
    if layer.ndim == len(places):
        geometry["shear"] = layer.shear
    return geometry


def lies_last(axes: str) -> bool:
    """Whether Z, Y, X are the last axes, in this order, so that labels can lie on them.

    napari lays a layer of three axes over the last three of the others; the colours of
    an RGB image are no axis there.

    Examples
    --------
    >>> lies_last("CZYX"), lies_last("YXS"), lies_last("ZCYX"), lies_last("XYZ")
    (True, True, False, False)
    """
    space = "".join(letter for letter in axes if letter in ZYX)
    return space in (ZYX, "YX") and axes.removesuffix("S").endswith(space)


def _plane_geometry(layer: Layer, axes: str) -> dict[str, Any]:
    """Put a volume of one plane, as deep as it is wide, where a flat layer is."""
    places = [axes.index("Y"), axes.index("X")]
    unit, wide = layer.units[places[1]], float(layer.scale[places[1]])
    turned, sheared, affine = np.eye(3), np.eye(3), np.eye(4)
    turned[1:, 1:] = layer.rotate[np.ix_(places, places)]
    if layer.ndim == len(places):
        sheared[1, 2] = np.ravel(layer.shear)[0]
    flat = layer.affine.set_slice(places).affine_matrix
    affine[1:, 1:] = flat
    return {
        "scale": (wide, *layer.scale[places]),
        "translate": (0.0, *layer.translate[places]),
        "rotate": turned,
        "shear": sheared,
        "affine": affine,
        "units": (unit, unit, unit),
        "axis_labels": ("z", "y", "x"),
    }


def _labels(layer: Layer, places: list[int]) -> tuple[str, ...]:
    """Give the names of axes; napari's own -3, -2, -1 are none."""
    labels = tuple(layer.axis_labels[place] for place in places)
    if all(label.lstrip("-").isdigit() for label in labels):
        return "z", "y", "x"
    return labels


def last_axes(geometry: Mapping[str, Any], ndim: int) -> dict[str, Any]:
    """Keep what is said of the last axes: a volume of one plane may be shown as one.

    Parameters
    ----------
    geometry : mapping
        Of a volume, as `geometry_of` gives it.
    ndim : int
        Of the layer: 3, or 2 for one that is flat.
    """
    if ndim == 3:
        return dict(geometry)
    plain = ("scale", "translate", "units", "axis_labels")
    return {key: tuple(geometry[key])[-ndim:] for key in plain if key in geometry}


def same_geometry(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two volumes of one extent lie on one another."""
    for name in ("scale", "translate", "rotate", "shear", "affine"):
        if (name in one) != (name in other):
            return False
        if name in one and not np.allclose(one[name], other[name], rtol=1e-9, atol=0):
            return False
    units = [[str(unit) for unit in each.get("units", ())] for each in (one, other)]
    return units[0] == units[1]


def shifted(geometry: Mapping[str, Any], start_zyx: Sequence[float]) -> dict[str, Any]:
    """Give the keywords that put a part of a volume where it belongs.

    Parameters
    ----------
    geometry : mapping
        Of the whole volume, as `geometry_of` gives it.
    start_zyx : sequence of float
        First voxel of the part.
    """
    from napari.utils.transforms import Affine  # noqa: PLC0415 - napari is slow

    known = ("scale", "rotate", "shear")
    turned = Affine(**{key: geometry[key] for key in known if key in geometry}, ndim=3)
    place = np.asarray(geometry.get("translate", (0.0, 0.0, 0.0)), float)
    return {**geometry, "translate": place + turned.linear_matrix @ start_zyx}
