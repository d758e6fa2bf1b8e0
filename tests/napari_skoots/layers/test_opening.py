"""Files as layers: what is opened, how it is called, where it lies, what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

pytest.importorskip("napari")

from napari.layers import Layer

from napari_skoots.layers import axes_of, level0, source_of, voxel_size_of
from napari_skoots.layers.opening import open_layers, volume_layer
from skoots.errors import SkootsError
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.volume.source import Source

SHAPE = (4, 12, 16)


def noise(*shape: int, dtype: str = "uint8") -> NDArray[Any]:
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def hyperstack(path: Path, volume: NDArray[Any], axes: str) -> Path:
    """Write what ImageJ would: 50 x 20 x 10 nm voxels."""
    metadata = {"axes": axes, "spacing": 0.05, "unit": "micron"}
    tifffile.imwrite(path, volume, imagej=True, resolution=(100, 50), metadata=metadata)
    return path


def layers_of(path: Path) -> list[Any]:
    return [Layer.create(*data) for data in open_layers(path)]


def read(source: Source) -> NDArray[Any]:
    z, y, x = (Span(0, n) for n in source.shape)
    return source.read((z, y, x))


def test_a_stack_is_one_layer_with_its_voxel_size(tmp_path: Path) -> None:
    volume = noise(*SHAPE, dtype="uint16")
    (layer,) = layers_of(hyperstack(tmp_path / "cells.tif", volume, "ZYX"))
    assert (layer.name, layer.dtype, layer.data.shape) == ("cells", "uint16", SHAPE)
    assert not isinstance(layer.data, np.ndarray)
    assert voxel_size_of(layer) == pytest.approx((0.05, 0.02, 0.01))
    np.testing.assert_array_equal(np.asarray(layer.data), volume)


def test_channels_of_a_hyperstack_are_layers_that_each_read_their_own(
    tmp_path: Path,
) -> None:
    volume = noise(4, 2, 12, 16)
    made = layers_of(hyperstack(tmp_path / "cells.tif", volume, "ZCYX"))
    assert [layer.name for layer in made] == ["cells channel 0", "cells channel 1"]
    assert len({layer.colormap.name for layer in made}) == 2
    for channel, layer in enumerate(made):
        np.testing.assert_array_equal(np.asarray(layer.data), volume[:, channel])
        np.testing.assert_array_equal(read(source_of(layer)), volume[:, channel])
        assert voxel_size_of(layer) == pytest.approx((0.05, 0.02, 0.01))


def test_times_and_channels_are_sliders_and_layers(tmp_path: Path) -> None:
    volume = noise(3, 4, 2, 12, 16)
    made = layers_of(hyperstack(tmp_path / "cells.tif", volume, "TZCYX"))
    assert [axes_of(layer) for layer in made] == ["TZYX"] * 2
    for channel, layer in enumerate(made):
        assert layer.data.shape == (3, *SHAPE)
        for time in range(3):
            expected = volume[time, :, channel]
            np.testing.assert_array_equal(np.asarray(layer.data[time]), expected)
            source = source_of(layer, time=time)
            np.testing.assert_array_equal(read(source), expected)
            assert source.voxel_size == pytest.approx((0.05, 0.02, 0.01))
        assert tuple(layer.scale) == pytest.approx((1, 0.05, 0.02, 0.01))


def test_an_ome_tiff_lies_where_its_file_says(tmp_path: Path) -> None:
    volume = noise(2, *SHAPE)
    path = tmp_path / "cells.ome.tif"
    sizes = {"PhysicalSizeX": 10, "PhysicalSizeY": 20, "PhysicalSizeZ": 50}
    units = {f"{size}Unit": "nm" for size in sizes}
    metadata = {"axes": "CZYX", **sizes, **units}
    tifffile.imwrite(
        path, volume, ome=True, metadata=metadata, photometric="minisblack"
    )
    made = layers_of(path)
    assert len(made) == 2
    for channel, layer in enumerate(made):
        np.testing.assert_array_equal(np.asarray(layer.data), volume[channel])
        assert voxel_size_of(layer) == pytest.approx((0.05, 0.02, 0.01))


def test_an_ome_zarr_lies_where_its_file_says(tmp_path: Path) -> None:
    volume = noise(2, *SHAPE)
    group = zarr.open_group(tmp_path / "cells.zarr", mode="w")
    group.create_array("0", data=volume)
    axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}]
    axes += [{"name": n, "type": "space", "unit": "nanometer"} for n in "zyx"]
    scale = [{"type": "scale", "scale": [1, 50, 20, 10]}]
    levels = [{"path": "0", "coordinateTransformations": scale}]
    image = {"axes": axes, "datasets": levels}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    made = layers_of(tmp_path / "cells.zarr")
    assert len(made) == 2
    np.testing.assert_array_equal(np.asarray(made[1].data), volume[1])
    assert voxel_size_of(made[1]) == pytest.approx((0.05, 0.02, 0.01))


def test_labels_are_known_by_their_name(tmp_path: Path) -> None:
    volume = noise(*SHAPE, dtype="uint16")
    (labels,) = layers_of(hyperstack(tmp_path / "cells.labels.tif", volume, "ZYX"))
    assert type(labels).__name__ == "Labels"
    np.testing.assert_array_equal(np.asarray(labels.data), volume)
    (image,) = layers_of(hyperstack(tmp_path / "labels.tif", volume, "ZYX"))
    assert type(image).__name__ == "Image"


def test_contrast_limits_hold_nearly_all_of_the_middle_plane(tmp_path: Path) -> None:
    """Without looking through the volume: other planes do not count."""
    volume = np.zeros((5, 50, 50), np.uint16)
    volume[2] = np.arange(2500).reshape(50, 50)
    volume[4] = 60_000
    path = hyperstack(tmp_path / "cells.tif", volume, "ZYX")
    (layer,) = layers_of(path)
    low, high = layer.contrast_limits
    assert 0 <= low < 10
    assert 2490 < high <= 2499


@pytest.mark.parametrize("value", [0, 7])
def test_an_image_of_a_single_value_can_be_shown(tmp_path: Path, value: int) -> None:
    volume = np.full(SHAPE, value, np.uint8)
    (layer,) = layers_of(hyperstack(tmp_path / "cells.tif", volume, "ZYX"))
    assert layer.contrast_limits == [value, value + 1]


def test_holes_and_infinities_do_not_spoil_the_contrast(tmp_path: Path) -> None:
    volume = np.linspace(0, 1, 4 * 12 * 16, dtype=np.float32).reshape(SHAPE)
    volume[2, :3] = np.nan
    volume[2, 3] = np.inf
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, volume, photometric="minisblack")
    (layer,) = layers_of(path)
    assert np.isfinite(layer.contrast_limits).all()
    holes = np.full(SHAPE, np.nan, np.float32)
    tifffile.imwrite(path, holes, photometric="minisblack")
    (layer,) = layers_of(path)
    assert np.isfinite(layer.contrast_limits).all()


def test_what_is_no_volume_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.tif"
    path.write_text("no image")
    with pytest.raises(SkootsError, match=r"notes\.tif"):
        open_layers(path)
    with pytest.raises(SkootsError, match=r"gone\.tif"):
        open_layers(tmp_path / "gone.tif")


def test_one_volume_keeps_its_given_name(tmp_path: Path) -> None:
    path = hyperstack(tmp_path / "cells.tif", noise(*SHAPE), "ZYX")
    data, keywords, kind = volume_layer(path, "labels", "mine")
    layer: Any = Layer.create(data, keywords, kind)
    assert (layer.name, type(layer).__name__) == ("mine", "Labels")
    assert level0(layer).shape == SHAPE
