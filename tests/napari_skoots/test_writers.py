"""Layers are saved through the plugin's writers, whole and with their voxel size."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import tifffile
import zarr
from inference_cases import make_run
from napari.layers import Labels

from napari_skoots.labels_array import ZarrLabels
from napari_skoots.writers import write_ome_zarr, write_tiff
from skoots.errors import RunError, ShapeError
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (5, 40, 60)
VOXELS = np.random.default_rng(0).integers(0, 2**32, SHAPE, dtype=np.uint32)

WRITERS = [(write_tiff, "a.tif"), (write_ome_zarr, "a.ome.zarr")]


def stored(folder: Path) -> ZarrLabels:
    array = zarr.create_array(
        folder / "labels.zarr", shape=SHAPE, chunks=(2, 16, 16), dtype="uint32"
    )
    array[...] = VOXELS
    return ZarrLabels(array)


@pytest.mark.parametrize(("write", "name"), WRITERS)
@pytest.mark.parametrize("kind", ["numpy", "dask", "ours", "levels"])
def test_any_layer_is_saved_with_its_voxel_size(
    tmp_path: Path, write: Callable[..., list[str]], name: str, kind: str
) -> None:
    data: Any = {
        "numpy": lambda: VOXELS,
        "dask": lambda: da.from_array(VOXELS, chunks=(2, 16, 16)),
        "ours": lambda: stored(tmp_path),
        "levels": lambda: [VOXELS, VOXELS[:, ::2, ::2]],
    }[kind]()
    layer = Labels(data, scale=(40, 8, 4), units=("nm", "nm", "nm"), name="cells")
    layer_data, meta, _ = layer.as_layer_data_tuple()
    (path,) = write(str(tmp_path / name), layer_data, meta)
    assert path == str(tmp_path / name)
    source = open_source(path)
    assert source.voxel_size == pytest.approx((0.04, 0.008, 0.004))
    np.testing.assert_array_equal(source.read(whole(SHAPE)), VOXELS)


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_pixels_are_no_voxel_size(
    tmp_path: Path, write: Callable[..., list[str]], name: str
) -> None:
    layer = Labels(VOXELS, scale=(2, 1, 1))
    data, meta, _ = layer.as_layer_data_tuple()
    (path,) = write(str(tmp_path / name), data, meta)
    assert open_source(path).voxel_size is None


def test_an_ome_zarr_says_where_it_lies_and_is_labels_to_others(tmp_path: Path) -> None:
    layer = Labels(
        np.tile(VOXELS % 9, (1, 20, 20)),
        scale=(2, 1, 1),
        translate=(4, 5, 6),
        units=("um",) * 3,
        name="cells",
    )
    data, meta, _ = layer.as_layer_data_tuple()
    (path,) = write_ome_zarr(str(tmp_path / "a.zarr"), data, meta)
    group = zarr.open_group(path, mode="r")
    (image,) = group.attrs["ome"]["multiscales"]
    assert image["name"] == "cells"
    assert [a["unit"] for a in image["axes"]] == ["micrometer"] * 3
    assert group.attrs["ome"]["image-label"] == {"version": "0.5"}
    assert len(image["datasets"]) == 3
    for dataset in image["datasets"]:
        scale, move = dataset["coordinateTransformations"]
        assert move["translation"] == [4, 5, 6]
        z, y, x = (int(s) for s in np.divide(scale["scale"], (2, 1, 1)))
        np.testing.assert_array_equal(group[dataset["path"]], data[::z, ::y, ::x])


def test_ids_of_64_bits_are_saved_if_they_fit(tmp_path: Path) -> None:
    wide = VOXELS.astype(np.int64)
    write_tiff(str(tmp_path / "a.tif"), wide, {})
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), VOXELS)
    wide[2, 3, 4] = 2**33
    with pytest.raises(ShapeError, match="8589934592"):
        write_tiff(str(tmp_path / "b.tif"), wide, {})
    write_ome_zarr(str(tmp_path / "b.zarr"), wide, {})
    assert zarr.open_group(tmp_path / "b.zarr")["0"][2, 3, 4] == 2**33
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["a.tif", "b.zarr"]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_plane_is_saved_as_a_volume_of_one(
    tmp_path: Path, write: Callable[..., list[str]], name: str
) -> None:
    layer = Labels(VOXELS[0] > 9, scale=(3, 2), units=("um", "um"))
    data, meta, _ = layer.as_layer_data_tuple()
    (path,) = write(str(tmp_path / name), data, meta)
    source = open_source(path)
    assert source.voxel_size is None or source.voxel_size[1:] == (3, 2)
    np.testing.assert_array_equal(source.read(whole(source.shape)), VOXELS[:1] > 9)


def test_labels_of_four_axes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="time point"):
        write_tiff(str(tmp_path / "a.tif"), VOXELS[None], {})


def test_a_run_is_never_written_onto(tmp_path: Path) -> None:
    run = make_run(tmp_path / "cells.skoots.zarr", SHAPE, (8, 16, 16))
    for place in (run.path, run.path / "labels", run.path / "copy.zarr"):
        with pytest.raises(RunError, match=r"run of SKOOTS|no name"):
            write_ome_zarr(str(place), VOXELS, {})
    with pytest.raises(RunError, match="run of SKOOTS"):
        write_tiff(str(run.path / "copy.tif"), VOXELS, {})


def test_a_folder_is_replaced_only_if_it_is_a_zarr(tmp_path: Path) -> None:
    (tmp_path / "photos.zarr").mkdir()
    (tmp_path / "photos.zarr" / "one.jpg").touch()
    with pytest.raises(RunError, match="no zarr that can be replaced"):
        write_ome_zarr(str(tmp_path / "photos.zarr"), VOXELS, {})
    assert (tmp_path / "photos.zarr" / "one.jpg").exists()
    for voxels in (VOXELS, VOXELS + 1):
        write_ome_zarr(str(tmp_path / "a.zarr"), voxels, {})
    group = zarr.open_group(tmp_path / "a.zarr")
    np.testing.assert_array_equal(group["0"], VOXELS + 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zarr", "photos.zarr"]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_memory_does_not_grow_with_the_volume(
    tmp_path: Path, write: Callable[..., list[str]], name: str
) -> None:
    class Deep:
        """One number for each plane, of a quarter of a gigabyte in all."""

        shape, dtype, chunks = (1024, 256, 256), np.dtype(np.uint32), (16, 256, 256)

        def __getitem__(self, key: Any) -> Any:
            z = np.arange(*key[0].indices(1024)[:2], dtype=np.uint32)
            rest = [len(range(*k.indices(256))) for k in key[1:]]
            return np.broadcast_to(z[:, None, None], (len(z), *rest))

    tracemalloc.start()
    try:
        write(str(tmp_path / name), Deep(), {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60e6
    assert (
        open_source(tmp_path / name).read(whole((1024, 256, 256)))[:, 3, 3]
        == np.arange(1024)
    ).all()
