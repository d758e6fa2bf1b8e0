"""From files to layers that read what is drawn, with voxel size and units."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from napari_skoots.layers.geometry import layer_geometry
from napari_skoots.layers.source import FACTS
from napari_skoots.source_array import SourceArray
from napari_skoots.source_stack import SourceStack
from skoots.volume.inspect import inspect
from skoots.volume.source import open_source
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.volume.inspect import VolumeFacts
    from skoots.volume.source import Source

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]
"""Data, the keywords of the layer, its kind: what napari calls a LayerDataTuple."""

Kind: TypeAlias = Literal["image", "labels"]

_LABELS = ".labels"
"""What the name of a file of labels ends with, before its last ending."""

_CHANNELS_SHOWN = 8
"""More channels than this are not opened at once."""

_COLOURS = ("gray", "green", "magenta", "cyan", "yellow", "red", "blue", "gray")

_LOOKED_AT = 1024
"""Rows and columns of the middle plane from which contrast limits are taken."""


def volume_layer(path: Path, kind: Kind, name: str) -> LayerData:
    """Open a volume as a layer without reading its voxels.

    Parameters
    ----------
    path : Path
        Any volume that the engine can open, of one channel and one time.
    kind : {"image", "labels"}
        What napari makes of it.
    name : str
        Title of the layer.

    Returns
    -------
    LayerData
        An array that reads what is drawn, with scale and units.

    Raises
    ------
    SourceError
        When the file is no image.
    """
    source = open_source(path)
    keywords: dict[str, Any] = {
        "name": name,
        "metadata": {FACTS: {"path": str(path)}},
        **layer_geometry(source.voxel_size),
    }
    if kind == "image":
        keywords["contrast_limits"] = _contrast_limits(source)
    return SourceArray(source), keywords, kind


def open_layers(path: Path) -> list[LayerData]:
    """Open a file as layers, one for each channel.

    Parameters
    ----------
    path : Path
        Any volume that the engine can open. Time points become a slider; a file called
        ``NAME.labels.tif`` becomes labels.

    Returns
    -------
    list of LayerData
        Nothing is read but what is drawn.

    Raises
    ------
    SourceError
        When the file is no image.
    """
    facts = inspect(path)
    kind: Kind = "labels" if path.stem.endswith(_LABELS) else "image"
    shown = range(min(facts.channels, _CHANNELS_SHOWN))
    return [_channel_layer(path, facts, kind, channel) for channel in shown]


def _channel_layer(
    path: Path, facts: VolumeFacts, kind: Kind, channel: int
) -> LayerData:
    several = facts.channels > 1
    chosen = channel if several else None
    geometry = layer_geometry(facts.voxel_size)
    data: SourceArray | SourceStack
    if facts.times > 1:
        open_time = partial(_open_time, path, chosen)
        data, first = SourceStack(open_time, facts.times), open_time(0)
        geometry = _with_time(geometry)
    else:
        first = open_source(path, channel=chosen)
        data = SourceArray(first)
    keywords: dict[str, Any] = {
        "name": f"{facts.name} channel {channel}" if several else facts.name,
        "metadata": {FACTS: {"path": str(path), "channel": chosen}},
        **geometry,
    }
    if kind == "image":
        keywords["contrast_limits"] = _contrast_limits(first)
        if several:
            keywords |= {"colormap": _COLOURS[channel], "blending": "additive"}
    return data, keywords, kind


def _open_time(path: Path, channel: int | None, time: int) -> Source:
    return open_source(path, channel=channel, time=time)


def _with_time(geometry: dict[str, Any]) -> dict[str, Any]:
    """Put time, of which one step is one step, before the axes of space."""
    longer: dict[str, Any] = {"axis_labels": ("t", *geometry["axis_labels"])}
    if "scale" in geometry:
        longer["scale"] = (1.0, *geometry["scale"])
        longer["units"] = ("pixel", *geometry["units"])
    return longer


def _contrast_limits(source: Source) -> tuple[float, float]:
    """Give the grey values between which nearly all of the middle plane lies."""
    z, y, x = source.shape
    middle = Span(z // 2, z // 2 + 1)
    plane = source.read((middle, _middle(y), _middle(x)))
    values = plane[np.isfinite(plane)]
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values, (0.1, 99.9))
    return (float(low), float(high)) if low < high else (float(low), float(low) + 1.0)


def _middle(length: int) -> Span:
    start = max(0, (length - _LOOKED_AT) // 2)
    return Span(start, min(length, start + _LOOKED_AT))
