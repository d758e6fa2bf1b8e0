"""From a layer to a volume that the engine reads box by box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_skoots.layers.geometry import voxel_size_of
from napari_skoots.source_array import SourceArray
from napari_skoots.source_stack import SourceStack
from skoots.volume.array_source import ArraySource, readable_dtype
from skoots.volume.layout import KNOWN, Choice, make_layout
from skoots.volume.naming import image_name

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer

    from skoots._types import VoxelSize
    from skoots.volume.source import Source

FACTS = "skoots"
"""The key of a layer's metadata under which the plugin keeps what it knows."""

_FEW = 5
"""A first axis that is no longer than this is taken for channels, not for time."""


def level0(layer: Image | Labels) -> Any:
    """Give the data of a layer, at full resolution where there are several.

    Parameters
    ----------
    layer : napari.layers.Image or napari.layers.Labels
        Of numpy, dask, zarr or any array that can be indexed.
    """
    return layer.data[0] if layer.multiscale else layer.data


def axes_of(layer: Image | Labels, image_axes: str = "") -> str:
    """Say which axis of a layer is which, as far as can be told.

    Parameters
    ----------
    layer : napari.layers.Image or napari.layers.Labels
        Of any array.
    image_axes : str
        Of the image that labels belong to: theirs, if they have as many and no names.

    Returns
    -------
    str
        One letter of T, C, Z, Y, X, S for each dimension of the data: from the layer's
        axis labels, or the usual order where they say nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from napari.layers import Image
    >>> axes_of(Image(np.zeros((9, 4, 5)))), axes_of(Image(np.zeros((3, 9, 4, 5))))
    ('ZYX', 'CZYX')
    """
    colours = "S" if getattr(layer, "rgb", False) else ""
    told = "".join(label[:1].upper() for label in layer.axis_labels)
    if set(told) <= set(KNOWN) and len(set(told)) == len(told) == layer.ndim:
        return told + colours
    plain = image_axes.removesuffix("S")
    if len(plain) == layer.ndim and axes_fit(layer, plain):
        return plain
    extra = layer.ndim - 3
    if extra <= 0:
        return "ZYX"[-layer.ndim :] + colours
    if extra == 1:
        return ("C" if level0(layer).shape[0] <= _FEW else "T") + "ZYX" + colours
    return ("TC" + "ZYX")[-layer.ndim :] + colours


def axes_fit(layer: Image | Labels, axes: str) -> bool:
    """Whether there is a letter for each dimension of a layer's data, X and Y too."""
    known = set(axes) <= set(KNOWN) and {"Y", "X"} <= set(axes)
    return known and len(set(axes)) == len(axes) == level0(layer).ndim


def source_of(
    layer: Image | Labels,
    axes: str | None = None,
    channel: int | None = None,
    time: int | None = None,
) -> Source:
    """Give the volume of a layer, or one channel and time point of it.

    Parameters
    ----------
    layer : napari.layers.Image or napari.layers.Labels
        Of numpy, dask, zarr or any array that can be indexed.
    axes : str, optional
        One letter of T, C, Z, Y, X, S for each dimension of the data.
    channel, time : int, optional
        Which one, from 0, where there are several.

    Raises
    ------
    AxesError
        If the axes do not fit, or one of several volumes has to be chosen.
    SourceError
        If the data are no grey values, or empty.
    """
    own = axes_of(layer)
    letters = axes or own
    data = level0(layer)
    if isinstance(data, SourceArray) and letters == "ZYX":
        return _with_voxel_size(data.source, voxel_size_of(layer))
    if isinstance(data, SourceStack) and letters == "TZYX":
        return _with_voxel_size(
            data.source_at(time or 0), voxel_size_of(layer, letters)
        )
    name = f"The layer {layer.name!r}"
    layout = make_layout(own, tuple(data.shape), Choice(axes, channel, time), name)
    path = path_of(layer)
    return ArraySource(
        layer.name if path is None else image_name(path),
        path,
        data,
        layout,
        readable_dtype(data.dtype, name),
        voxel_size_of(layer, layout.letters),
        choice=Choice(layout.letters, channel, time),
    )


def _with_voxel_size(source: Source, size: VoxelSize | None) -> Source:
    """Let what the user sees stand above what the file says."""
    if isinstance(source, ArraySource) and size is not None:
        return replace(source, voxel_size=size)
    return source


def path_of(layer: Image | Labels) -> Path | None:
    """Give the file that a layer was read from, if there is one."""
    facts = layer.metadata.get(FACTS, {})
    path = facts.get("path") or layer.source.path
    return None if path is None else Path(path)


def is_overlay(layer: Layer) -> bool:
    """Whether the plugin shows something by this layer that nobody segments."""
    return bool(layer.metadata.get(FACTS, {}).get("overlay"))
