"""From a layer of any kind of array to the volume that the engine reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

pytest.importorskip("napari")

from napari.layers import Image, Labels

from napari_skoots.layers import level0, source_of
from napari_skoots.layers.source import path_of
from skoots.errors import AxesError, SkootsError
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (4, 12, 16)
VOLUME = np.random.default_rng(0).integers(0, 200, (2, 3, *SHAPE)).astype(np.uint8)


def read(source: Any) -> NDArray[Any]:
    voxels: NDArray[Any] = source.read(tuple(Span(0, n) for n in source.shape))
    return voxels


def image(data: Any, **keywords: Any) -> Image:
    return Image(data, contrast_limits=(0, 255), **keywords)


@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr"])
def test_any_kind_of_array_is_read(kind: str) -> None:
    volume = VOLUME[0, 0]
    makers: dict[str, Callable[[], Any]] = {
        "numpy": lambda: volume,
        "dask": lambda: pytest.importorskip("dask.array").from_array(volume, (2, 5, 5)),
        "zarr": lambda: zarr.array(volume, chunks=(2, 5, 5)),
    }
    layer = image(makers[kind](), scale=(5, 2, 1), units=("nm", "nm", "nm"))
    source = source_of(layer)
    np.testing.assert_array_equal(read(source), volume)
    np.testing.assert_array_equal(
        source.read((Span(1, 3), Span(2, 9), Span(0, 4))), volume[1:3, 2:9, :4]
    )
    assert source.voxel_size == pytest.approx((0.005, 0.002, 0.001))
    assert source.name == layer.name


def test_a_channel_and_a_time_are_picked() -> None:
    layer = image(VOLUME, axis_labels=("t", "c", "z", "y", "x"))
    for time in range(2):
        for channel in range(3):
            source = source_of(layer, channel=channel, time=time)
            np.testing.assert_array_equal(read(source), VOLUME[time, channel])


def test_axes_in_another_order_are_turned() -> None:
    layer = image(VOLUME[0, 0].transpose(2, 0, 1))
    np.testing.assert_array_equal(read(source_of(layer, "XZY")), VOLUME[0, 0])


def test_a_plane_is_a_volume_of_one() -> None:
    source = source_of(image(VOLUME[0, 0, 0]))
    assert source.shape == (1, 12, 16)
    np.testing.assert_array_equal(read(source)[0], VOLUME[0, 0, 0])


def test_a_colour_is_a_channel() -> None:
    colours = np.moveaxis(VOLUME[0], 0, -1)
    layer = Image(colours, rgb=True)
    np.testing.assert_array_equal(read(source_of(layer, channel=1)), VOLUME[0, 1])


def test_of_several_resolutions_the_first_is_read() -> None:
    coarse = VOLUME[0, 0, :, ::2, ::2]
    layer = image([VOLUME[0, 0], coarse], multiscale=True)
    assert level0(layer).shape == SHAPE
    np.testing.assert_array_equal(read(source_of(layer)), VOLUME[0, 0])


def test_labels_are_read_as_images_are() -> None:
    layer = Labels(VOLUME[0, 0].astype(np.uint32))
    np.testing.assert_array_equal(read(source_of(layer)), VOLUME[0, 0])


@pytest.mark.parametrize(
    ("axes", "chosen"),
    [
        pytest.param("ZY", {}, id="a letter too few"),
        pytest.param("ZZYX", {}, id="a letter twice"),
        pytest.param("QZYX", {}, id="a letter that nobody knows"),
        pytest.param("CZYX", {}, id="no channel chosen"),
        pytest.param("CZYX", {"channel": 3}, id="a channel that is not there"),
        pytest.param("CZYX", {"channel": -1}, id="a channel below 0"),
        pytest.param("TZYX", {}, id="no time chosen"),
    ],
)
def test_what_does_not_fit_is_refused(axes: str, chosen: dict[str, int]) -> None:
    layer = image(VOLUME[0], name="my cells")
    with pytest.raises(AxesError, match="my cells"):
        source_of(layer, axes, **chosen)


def test_what_is_no_grey_value_is_refused() -> None:
    layer = image(np.zeros(SHAPE, bool))
    layer._data = np.zeros(SHAPE, np.complex64)  # which napari does not draw
    with pytest.raises(SkootsError, match="complex"):
        source_of(layer)


def test_a_file_is_known_from_the_plugin_or_from_napari(tmp_path: Path) -> None:
    ours = image(VOLUME[0, 0], metadata={"skoots": {"path": str(tmp_path / "a.tif")}})
    assert path_of(ours) == tmp_path / "a.tif"
    assert path_of(image(VOLUME[0, 0])) is None
