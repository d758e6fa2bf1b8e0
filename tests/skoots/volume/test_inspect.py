"""What is said of a volume before a channel, a time or an axis is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import zarr

from skoots.errors import AxesError, SourceError, SourceNotFoundError
from skoots.volume.inspect import inspect
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path


class Opaque:
    """An array of somebody else's library that counts what is read of it."""

    shape = (4, 6, 8)
    dtype = np.dtype("u2")
    reads = 0

    def __getitem__(self, key: tuple[slice, ...]) -> np.ndarray:
        self.reads += 1
        return np.arange(4 * 6 * 8, dtype="u2").reshape(self.shape)[key]


def test_a_hyperstack_says_its_channels_times_and_voxel_size(tmp_path: Path) -> None:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(
        path,
        np.zeros((3, 5, 2, 8, 9), np.uint16),
        imagej=True,
        resolution=(20, 10),
        metadata={"axes": "TZCYX", "spacing": 0.5, "unit": "um"},
    )
    facts = inspect(path)
    assert (facts.name, facts.path, facts.dtype) == ("cells", path, "uint16")
    assert (facts.axes, facts.lengths) == ("TZCYX", (3, 5, 2, 8, 9))
    assert facts.shape_zyx == (5, 8, 9)
    assert (facts.channels, facts.times) == (2, 3)
    assert facts.voxel_size == pytest.approx((0.5, 0.1, 0.05))
    assert facts.problem == ""


def test_axes_of_length_one_are_no_choice() -> None:
    facts = inspect(np.zeros((1, 1, 5, 1, 9), np.uint8), axes="TCZYX")
    assert (facts.axes, facts.lengths) == ("ZYX", (5, 1, 9))
    assert (facts.channels, facts.times) == (1, 1)


def test_colours_are_channels(tmp_path: Path) -> None:
    path = tmp_path / "colours.tif"
    tifffile.imwrite(path, np.zeros((5, 8, 9, 3), np.uint8), photometric="rgb")
    assert inspect(path, axes="ZYXS").channels == 3


def test_the_stored_type_is_told_and_not_the_one_it_is_read_as() -> None:
    assert inspect(np.zeros((2, 3, 4), np.float64)).dtype == "float64"


def test_axes_without_names_are_listed_with_what_to_do() -> None:
    facts = inspect(np.zeros((4, 5, 6, 7), np.uint8))
    assert (facts.axes, facts.lengths) == ("????", (4, 5, 6, 7))
    assert facts.shape_zyx is None
    assert "(--axes)" in facts.problem


def test_unnamed_axes_of_a_file_keep_the_names_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, np.zeros((4, 5, 6, 7), np.uint8), photometric="minisblack")
    facts = inspect(path)
    assert (facts.name, facts.axes, facts.lengths) == ("odd", "??YX", (4, 5, 6, 7))
    assert inspect(path, axes="CZYX").shape_zyx == (5, 6, 7)


def test_what_is_no_volume_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.tif").write_text("Tuesday")
    with pytest.raises(SourceError):
        inspect(tmp_path / "notes.tif")
    with pytest.raises(SourceNotFoundError):
        inspect(tmp_path / "gone.tif")
    with pytest.raises(AxesError):
        inspect(np.zeros(7, np.uint8))
    with pytest.raises(AxesError, match="ZYQ"):
        inspect(np.zeros((2, 3, 4), np.uint8), axes="ZYQ")


def test_an_ome_zarr_says_its_name_and_its_voxel_size(tmp_path: Path) -> None:
    path = tmp_path / "cells.zarr"
    group = zarr.create_group(path)
    group.create_array("0", shape=(2, 5, 6, 7), dtype="u1")
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": a, "type": "space", "unit": "nanometer"} for a in "zyx"]
    scale = [{"type": "scale", "scale": [1, 40, 10, 10]}]
    level = {"path": "0", "coordinateTransformations": scale}
    group.attrs["ome"] = {"multiscales": [{"axes": axes, "datasets": [level]}]}
    facts = inspect(path)
    assert (facts.axes, facts.channels) == ("CZYX", 2)
    assert facts.voxel_size == pytest.approx((0.04, 0.01, 0.01))


def test_an_open_source_is_told_as_it_is() -> None:
    source = open_source(np.zeros((2, 3, 4), np.uint8), voxel_size=(3, 2, 1))
    facts = inspect(source)
    assert (facts.axes, facts.lengths) == ("ZYX", (2, 3, 4))
    assert facts.voxel_size == (3, 2, 1)


def test_arrays_of_other_libraries_are_read_by_boxes_and_only_when_read() -> None:
    array = Opaque()
    assert inspect(array).shape_zyx == (4, 6, 8)
    source = open_source(array)
    assert array.reads == 0
    part = source.read(whole(source.shape))
    np.testing.assert_array_equal(part, np.arange(192).reshape(4, 6, 8))
