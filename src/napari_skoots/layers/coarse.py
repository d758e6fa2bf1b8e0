"""Where an array lies that has only some of the voxels of a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.layers.geometry import shifted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def coarse_geometry(
    geometry: Mapping[str, Any], steps: Sequence[float]
) -> dict[str, Any]:
    """Give the keywords of a layer whose voxels are larger, or smaller.

    Parameters
    ----------
    geometry : mapping
        Of the volume, as `geometry_of` gives it.
    steps : sequence of float
        Voxels of the volume in one of the layer, along Z, Y, X. Both begin at the same
        face, so their first voxels have other middles.

    Examples
    --------
    >>> found = coarse_geometry({"scale": (1.0, 2.0, 2.0)}, (1, 4, 4))
    >>> found["scale"], found["translate"].tolist()
    ((1.0, 8.0, 8.0), [0.0, 3.0, 3.0])
    """
    moved = shifted(geometry, [(step - 1) / 2 for step in steps])
    scale = geometry.get("scale", (1.0, 1.0, 1.0))
    pairs = zip(scale, steps, strict=True)
    return {**moved, "scale": tuple(float(s) * float(step) for s, step in pairs)}
