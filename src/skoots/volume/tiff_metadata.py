"""The voxel size that a TIFF tells, as ImageJ and OME write it.

The bare resolution tags of other files are ignored: they hold the dots per inch of a
printer far more often than the size of a voxel, and never a slice distance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import tifffile

from skoots.volume.voxel_size import make_voxel_size, to_micrometres

if TYPE_CHECKING:
    from skoots._types import VoxelSize


class Told(NamedTuple):
    """What a file tells about its voxels, and what to tell the user about that."""

    voxel_size: VoxelSize | None
    notes: tuple[str, ...] = ()


def tell_voxel_size(file: tifffile.TiffFile, planes: int) -> Told:
    """Give the voxel size that a TIFF tells, in micrometres.

    Parameters
    ----------
    file : TiffFile
        The open file.
    planes : int
        Extent of the volume along Z. One plane without a thickness is taken to be as
        thick as a pixel is wide, so that 2D images keep their scale.
    """
    if file.is_ome and file.ome_metadata:
        return _from_ome(file.ome_metadata, planes)
    if file.is_imagej and file.imagej_metadata:
        return _from_imagej(file.imagej_metadata, file.pages.first, planes)
    return Told(None)


def _from_imagej(
    metadata: dict[str, Any], page: tifffile.TiffPage, planes: int
) -> Told:
    unit = str(metadata.get("unit", ""))
    units = {
        "Z": str(metadata.get("zunit", unit)),
        "Y": str(metadata.get("yunit", unit)),
        "X": unit,
    }
    if unit.strip().lower() in {"", "inch", "inches"}:  # an inch is a printer's
        return Told(None)
    y = _pixel_size(page, "YResolution", units["Y"])
    x = _pixel_size(page, "XResolution", units["X"])
    notes: tuple[str, ...] = ()
    spacing = metadata.get("spacing")
    if isinstance(spacing, (int, float)) and spacing:
        z = to_micrometres(abs(float(spacing)), units["Z"])
    elif planes == 1:
        z = x
    else:  # ImageJ leaves out a distance of exactly 1
        z = to_micrometres(1.0, units["Z"])
        notes = (f"no distance between planes in the file: 1 {units['Z']} is taken",)
    size = make_voxel_size((z, y, x))
    return Told(size, notes if size else ())


def _pixel_size(page: tifffile.TiffPage, tag: str, unit: str) -> float | None:
    """Give the edge of a pixel: the tag holds pixels per unit, as a fraction."""
    value = page.tags[tag].value if tag in page.tags else None
    if not isinstance(value, tuple) or len(value) != 2 or 0 in value:
        return None
    pixels, units = value
    return to_micrometres(units / pixels, unit)


def _from_ome(xml: str, planes: int) -> Told:
    pixels = _first_pixels(xml)
    lengths = [_physical_size(pixels, axis) for axis in "ZYX"]
    if lengths[0] is None and planes == 1:
        lengths[0] = lengths[2]
    return Told(make_voxel_size(lengths))


def _first_pixels(xml: str) -> dict[str, Any]:
    try:
        image = tifffile.xml2dict(xml)["OME"]["Image"]
        pixels = (image[0] if isinstance(image, (list, tuple)) else image)["Pixels"]
    except (KeyError, IndexError, TypeError, SyntaxError):
        return {}
    return pixels if isinstance(pixels, dict) else {}


def _physical_size(pixels: dict[str, Any], axis: str) -> float | None:
    value = pixels.get(f"PhysicalSize{axis}")
    if not isinstance(value, (int, float)):
        return None
    return to_micrometres(value, str(pixels.get(f"PhysicalSize{axis}Unit", "um")))
