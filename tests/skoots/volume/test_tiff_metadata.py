"""Voxel sizes of ImageJ and OME files, whatever their units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from skoots.volume.source import Source, open_source

if TYPE_CHECKING:
    from pathlib import Path


def imagej(path: Path, shape: tuple[int, ...] = (5, 9, 7), **metadata: Any) -> Source:
    axes = {"axes": "ZYX"[-len(shape) :]}
    tifffile.imwrite(
        path / "a.tif",
        np.zeros(shape, np.uint8),
        imagej=True,
        metadata=axes | metadata,
        resolution=(4, 2),  # pixels per unit along X and Y
    )
    return open_source(path / "a.tif")


@pytest.mark.parametrize(
    ("unit", "micrometres"),
    [
        ("um", 1),
        ("micron", 1),
        ("\\u00B5m", 1),
        ("nm", 1e-3),
        ("mm", 1e3),
    ],
)
def test_imagej_units_become_micrometres(
    unit: str, micrometres: float, tmp_path: Path
) -> None:
    size = imagej(tmp_path, spacing=3.0, unit=unit).voxel_size
    assert size == pytest.approx([n * micrometres for n in (3, 0.5, 0.25)])


@pytest.mark.parametrize("unit", ["pixel", "inch", None])
def test_without_a_unit_of_length_there_is_no_voxel_size(
    unit: str | None, tmp_path: Path
) -> None:
    told = {} if unit is None else {"unit": unit}
    assert imagej(tmp_path, spacing=3.0, **told).voxel_size is None


def test_a_missing_slice_distance_is_one_unit_and_that_is_said(tmp_path: Path) -> None:
    source = imagej(tmp_path, unit="um")
    assert source.voxel_size == (1, 0.5, 0.25)
    assert "1 um is taken" in source.notes[0]


def test_one_plane_is_as_thick_as_a_pixel_is_wide(tmp_path: Path) -> None:
    source = imagej(tmp_path, (9, 7), unit="um")
    assert (source.voxel_size, source.notes) == ((0.25, 0.5, 0.25), ())


def test_the_users_voxel_size_goes_before_the_files(tmp_path: Path) -> None:
    imagej(tmp_path, spacing=3.0, unit="um")
    source = open_source(tmp_path / "a.tif", voxel_size=(1, 2, 3))
    assert source.voxel_size == (1, 2, 3)


def test_ome_sizes_have_units_of_their_own(tmp_path: Path) -> None:
    metadata = {"axes": "ZYX", "PhysicalSizeX": 12, "PhysicalSizeXUnit": "nm"}
    metadata |= {"PhysicalSizeY": 0.02, "PhysicalSizeYUnit": "\u00b5m"}
    metadata |= {"PhysicalSizeZ": 0.05}
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((5, 9, 7), np.uint8), metadata=metadata)
    assert open_source(path).voxel_size == pytest.approx((0.05, 0.02, 0.012))


def test_ome_without_a_slice_distance_has_no_voxel_size(tmp_path: Path) -> None:
    metadata = {"axes": "ZYX", "PhysicalSizeX": 1, "PhysicalSizeY": 1}
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((5, 9, 7), np.uint8), metadata=metadata)
    assert open_source(path).voxel_size is None


def test_dots_per_inch_are_no_voxel_size(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    array = np.zeros((5, 9, 7), np.uint8)
    tifffile.imwrite(path, array, resolution=(72, 72), resolutionunit="INCH")
    assert open_source(path).voxel_size is None
