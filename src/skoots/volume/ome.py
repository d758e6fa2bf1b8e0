"""What an OME-Zarr group says: which array is level 0, its axes and its voxel size.

Versions 0.1 to 0.5 are understood; 0.5 keeps its metadata under the key ``ome``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skoots.volume.voxel_size import make_voxel_size, to_micrometres

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots._types import VoxelSize

_OLD_AXES = "TCZYX"  # of versions 0.1 and 0.2, which do not name them


@dataclass(frozen=True, slots=True)
class Multiscale:
    """An image in several resolutions, of which the finest is read."""

    path: str
    """Where the array of level 0 is, within the group."""

    axes: str
    """One letter for each of its dimensions; ``?`` for one that has no letter."""

    voxel_size: VoxelSize | None
    """Edge lengths along Z, Y, X, in micrometres."""

    images: int
    """How many images the group holds; the first is read."""


def find_multiscale(attributes: Mapping[str, Any]) -> Multiscale | None:
    """Read the metadata of a group; None if it is no OME-Zarr image."""
    home = attributes.get("ome", attributes)
    images = home.get("multiscales") if hasattr(home, "get") else None
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        return None
    image = images[0]
    levels = image.get("datasets")
    if not isinstance(levels, list) or not levels or "path" not in levels[0]:
        return None
    axes = [_as_mapping(axis) for axis in image.get("axes", _OLD_AXES)]
    letters = "".join(_letter(axis) for axis in axes)
    size = _voxel_size(axes, letters, levels[0], image)
    return Multiscale(str(levels[0]["path"]), letters, size, len(images))


def _as_mapping(axis: Any) -> dict[str, Any]:
    """Bring an axis of version 0.3, a bare name, into the form of later ones."""
    return axis if isinstance(axis, dict) else {"name": str(axis)}


def _letter(axis: dict[str, Any]) -> str:
    name = str(axis.get("name", "")).upper()
    by_type = {"TIME": "T", "CHANNEL": "C"}.get(str(axis.get("type", "")).upper(), "?")
    return name if len(name) == 1 else by_type


def _voxel_size(
    axes: list[dict[str, Any]],
    letters: str,
    level: dict[str, Any],
    image: dict[str, Any],
) -> VoxelSize | None:
    """Multiply the scales of a level and of its image, and apply the axes' units."""
    scales = [
        item["scale"]
        for holder in (level, image)
        for item in holder.get("coordinateTransformations", [])
        if item.get("type") == "scale" and len(item.get("scale", [])) == len(axes)
    ]
    if not scales:
        return None
    lengths: dict[str, float | None] = {}
    for k, (letter, axis) in enumerate(zip(letters, axes, strict=True)):
        length = 1.0
        for scale in scales:
            length *= float(scale[k])
        lengths[letter] = to_micrometres(length, str(axis.get("unit", "")))
    if "Z" not in lengths:  # an image of one plane is as thick as a pixel is wide
        lengths["Z"] = lengths.get("X")
    return make_voxel_size([lengths.get(letter) for letter in "ZYX"])
