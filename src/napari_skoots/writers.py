"""What napari calls to save a Labels layer: nothing is read whole.

napari's own writer takes all labels into memory and forgets how large a voxel is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import ShapeError
from skoots.events import result_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots._types import VoxelSize


def write_tiff(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Save labels as a compressed OME-TIFF with the voxel size of their layer.

    Parameters
    ----------
    path : str
        The file; napari has asked whether it may be replaced.
    data : array, (Z, Y, X) or (Y, X), integers
        Of the layer; if it has several levels, the first one is saved.
    meta : mapping
        The layer's ``scale``, ``units`` and ``name``.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    SkootsError
        That says why it cannot be written.
    """
    from skoots.inference.labels_tiff import (  # noqa: PLC0415 - napari lists writers
        write_labels_tiff,
    )

    job = write_labels_tiff(
        labels_of(data),
        path,
        voxel_size_of(meta),
        name=meta.get("name"),
        overwrite=True,
    )
    return [str(result_of(job))]


def write_ome_zarr(path: str, data: Any, meta: Mapping[str, Any]) -> list[str]:
    """Save labels as an OME-Zarr with the scale and the place of their layer.

    Parameters
    ----------
    path : str
        The folder; one that is there is replaced if it is a zarr and no run.
    data : array, (Z, Y, X) or (Y, X), integers
        Of the layer; if it has several levels, the first one is saved.
    meta : mapping
        The layer's ``scale``, ``translate``, ``units`` and ``name``.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    SkootsError
        That says why it cannot be written.
    """
    from skoots.inference.labels_ome_zarr import (  # noqa: PLC0415 - likewise
        write_labels_ome_zarr,
    )

    job = write_labels_ome_zarr(
        labels_of(data),
        path,
        voxel_size_of(meta),
        origin=_origin(meta),
        name=meta.get("name"),
        overwrite=True,
    )
    return [str(result_of(job))]


def labels_of(data: Any) -> Any:
    """Give labels along Z, Y, X of whatever a Labels layer holds.

    Raises
    ------
    ShapeError
        If they have more axes than three.
    """
    if isinstance(data, Sequence):  # of levels
        data = data[0]
    if len(data.shape) == 2:
        return np.asarray(data)[None]
    if len(data.shape) != 3:
        raise ShapeError(
            f"Labels of {len(data.shape)} axes, {tuple(data.shape)}, cannot be saved "
            "here. Show one time point as a layer of its own and save that."
        )
    return data


def voxel_size_of(meta: Mapping[str, Any]) -> VoxelSize | None:
    """Give the edges of a voxel along Z, Y, X, in micrometres.

    Parameters
    ----------
    meta : mapping
        A layer's ``scale`` and ``units``, as napari gives them to a writer.

    Returns
    -------
    tuple of float or None
        None where the units are no lengths.

    Examples
    --------
    >>> voxel_size_of({"scale": [40, 8, 8], "units": ("nm",) * 3})
    (0.04, 0.008, 0.008)
    """
    return _in_um(meta, "scale", (1.0, 1.0, 1.0))


def _origin(meta: Mapping[str, Any]) -> VoxelSize:
    place = _in_um(meta, "translate", (0.0, 0.0, 0.0))
    if place is not None:
        return place
    z, y, x = _three(meta.get("translate"), (0.0, 0.0, 0.0))
    return z, y, x


def _in_um(
    meta: Mapping[str, Any], name: str, missing: tuple[float, float, float]
) -> VoxelSize | None:
    import pint  # noqa: PLC0415 - napari brings it

    values, units = _three(meta.get(name), missing), meta.get("units")
    if units is None:
        return None
    words = [units] * 3 if isinstance(units, str) else list(units)
    words = [words[0]] * (3 - len(words)) + words[-3:]
    registry: Any = pint.application_registry
    try:
        z, y, x = (
            round(float(registry.Quantity(value, str(unit)).to("um").magnitude), 12)
            for value, unit in zip(values, words, strict=True)
        )
    except (pint.DimensionalityError, pint.UndefinedUnitError):
        return None  # pixels
    return z, y, x


def _three(values: Any, missing: tuple[float, float, float]) -> list[float]:
    """Give numbers for Z, Y, X; an axis that a plane lacks has what is missing."""
    found = [] if values is None else [float(v) for v in np.ravel(values)]
    return [*missing[: 3 - len(found)], *found[-3:]]
