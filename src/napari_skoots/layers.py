"""From files to layers: the only place where the plugin knows what napari is told.

Everything is Z, Y, X here, as napari shows it. Data stay on disk until they are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_skoots.source_array import SourceArray
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import VoxelSize

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]
"""Data, the keywords of the layer, its kind: what napari calls a LayerDataTuple."""


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


def volume_layer(path: Path, kind: Literal["image", "labels"], name: str) -> LayerData:
    """Open a volume as a layer without reading its voxels.

    Parameters
    ----------
    path : Path
        Any volume that the engine can open.
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
    keywords = {"name": name, **layer_geometry(source.voxel_size)}
    return SourceArray(source), keywords, kind
