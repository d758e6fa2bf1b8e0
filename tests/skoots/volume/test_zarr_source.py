"""Zarr arrays and OME-Zarr images of both formats, read by chunks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from skoots.errors import AxesError, SourceError
from skoots.volume.source import open_source
from skoots.volume.tiling import Span, box_slices, whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VOLUME = np.random.default_rng(0).integers(0, 255, (9, 50, 60)).astype(np.uint16)
BOX = (Span(2, 9), Span(10, 50), Span(5, 17))
formats = pytest.mark.parametrize("version", [2, 3], ids=["zarr2", "zarr3"])


def ome(path: Path, version: int, array: NDArray[Any], names: str) -> Path:
    """Write an OME-Zarr (0.4 in zarr 2, 0.5 in zarr 3) of 50 x 10 x 10 nm voxels."""
    scale = {"z": 50, "y": 10, "x": 10}
    kinds = {"c": "channel", "t": "time"}
    axes = [
        {"name": n, "type": kinds.get(n, "space")}
        | ({"unit": "nanometer"} if n in scale else {})
        for n in names
    ]
    scales = [{"type": "scale", "scale": [scale.get(n, 1) for n in names]}]
    levels = [{"path": "0", "coordinateTransformations": scales}, {"path": "1"}]
    images = [{"axes": axes, "datasets": levels}]
    group = zarr.open_group(path, mode="w", zarr_format=version)  # type: ignore[arg-type]  # 2 or 3
    group.create_array("0", data=array)
    group.create_array("1", data=array[..., ::2, ::2])
    if version == 2:
        group.attrs["multiscales"] = images
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": images}
    return path


@formats
def test_a_plain_array_is_read_by_path_or_as_it_is(
    version: int, tmp_path: Path
) -> None:
    path = tmp_path / "cell.zarr"
    options: dict[str, Any] = {"chunks": (4, 16, 16), "zarr_format": version}
    array = zarr.create_array(path, data=VOLUME, **options)
    for source in (open_source(path), open_source(str(path)), open_source(array)):
        np.testing.assert_array_equal(source.read(BOX), VOLUME[box_slices(BOX)])
        np.testing.assert_array_equal(source.read(whole(source.shape)), VOLUME)
    assert open_source(path).name == "cell"
    assert open_source(path).signature() == open_source(VOLUME).signature()


@formats
def test_level_0_of_an_ome_zarr_is_read_with_its_voxel_size(
    version: int, tmp_path: Path
) -> None:
    source = open_source(ome(tmp_path / "cell.ome.zarr", version, VOLUME, "zyx"))
    assert source.name == "cell"
    assert source.voxel_size == pytest.approx((0.05, 0.01, 0.01))
    np.testing.assert_array_equal(source.read(BOX), VOLUME[box_slices(BOX)])


@formats
def test_axes_of_an_ome_zarr_may_come_in_any_order(
    version: int, tmp_path: Path
) -> None:
    turned = np.stack([VOLUME, VOLUME + 1]).transpose(3, 0, 2, 1)  # X, C, Y, Z
    path = ome(tmp_path / "a.zarr", version, turned, "xcyz")
    source = open_source(path, channel=1)
    assert source.voxel_size == pytest.approx((0.05, 0.01, 0.01))
    np.testing.assert_array_equal(source.read(BOX), VOLUME[box_slices(BOX)] + 1)
    with pytest.raises(AxesError, match=r"2 channels: X=60, C=2, Y=50, Z=9"):
        open_source(path)


@formats
def test_the_only_array_of_a_group_is_its_image(version: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=version)  # type: ignore[arg-type]  # 2 or 3
    with pytest.raises(SourceError, match="nothing in it"):
        open_source(path)
    group.create_group("inner").create_array("raw", data=VOLUME)
    assert open_source(path).shape == VOLUME.shape
    group.create_array("other", data=VOLUME)
    with pytest.raises(SourceError, match="with inner, other in it"):
        open_source(path)
    assert open_source(path / "other").name == "a_other"


def test_names_of_zarr_3_dimensions_are_axes(tmp_path: Path) -> None:
    turned = np.ascontiguousarray(VOLUME.transpose(2, 1, 0))
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=turned, dimension_names=["x", "y", "z"])
    np.testing.assert_array_equal(open_source(path).read(BOX), VOLUME[box_slices(BOX)])


def test_sharded_arrays_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=VOLUME, chunks=(3, 10, 10), shards=(6, 20, 20))
    np.testing.assert_array_equal(open_source(path).read(BOX), VOLUME[box_slices(BOX)])


def test_a_folder_without_zarr_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="folder without a zarr array"):
        open_source(tmp_path)


def test_an_ome_zarr_without_its_level_0_is_refused(tmp_path: Path) -> None:
    path = ome(tmp_path / "a.zarr", 3, VOLUME, "zyx")
    shutil.rmtree(path / "0")
    with pytest.raises(SourceError, match="its array 0 is missing"):
        open_source(path)


def test_a_damaged_chunk_is_named_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=VOLUME, chunks=(9, 50, 60))
    (path / "c" / "0" / "0" / "0").write_bytes(b"no chunk")
    with pytest.raises(SourceError, match=r"chunk at \(0, 0, 0\)"):
        open_source(path).read(BOX)


def test_text_is_no_volume(tmp_path: Path) -> None:
    zarr.create_array(tmp_path / "a.zarr", shape=(3, 3, 3), dtype="c8")
    with pytest.raises(SourceError, match="no grey values"):
        open_source(tmp_path / "a.zarr")
