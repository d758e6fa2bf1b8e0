"""Where layers lie, in the engine's words and in napari's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.layers import Image, Labels

from napari_skoots.layers import (
    axes_of,
    geometry_of,
    layer_geometry,
    shifted,
    voxel_size_of,
)


def image(*shape: int, **keywords: Any) -> Image:
    return Image(np.zeros(shape, np.uint8), contrast_limits=(0, 1), **keywords)


@pytest.mark.parametrize(
    ("unit", "scale", "expected"),
    [
        pytest.param("um", (0.05, 0.02, 0.01), (0.05, 0.02, 0.01), id="micrometres"),
        pytest.param("nm", (50, 20, 10), (0.05, 0.02, 0.01), id="nanometres"),
        pytest.param("mm", (0.001, 0.002, 0.003), (1, 2, 3), id="millimetres"),
        pytest.param("angstrom", (500, 200, 100), (0.05, 0.02, 0.01), id="angstrom"),
        pytest.param("pixel", (5, 2, 1), None, id="pixels are no length"),
    ],
)
def test_a_voxel_size_is_micrometres_whatever_the_unit(
    unit: str, scale: tuple[float, ...], expected: tuple[float, ...] | None
) -> None:
    layer = image(2, 3, 4, scale=scale, units=(unit,) * 3)
    found = voxel_size_of(layer)
    assert found == (None if expected is None else pytest.approx(expected))


def test_units_may_differ_between_axes() -> None:
    layer = image(2, 3, 4, scale=(0.05, 20, 10), units=("um", "nm", "nm"))
    assert voxel_size_of(layer) == pytest.approx((0.05, 0.02, 0.01))


def test_time_and_channels_are_no_part_of_a_voxel() -> None:
    layer = image(
        7, 2, 3, 4, 5, scale=(9, 1, 50, 20, 10), units=("s", "pixel", "nm", "nm", "nm")
    )
    assert voxel_size_of(layer, "TCZYX") == pytest.approx((0.05, 0.02, 0.01))


def test_a_plane_is_as_deep_as_it_is_wide() -> None:
    layer = image(3, 4, scale=(0.02, 0.01), units=("um", "um"))
    assert voxel_size_of(layer, "YX") == pytest.approx((0.01, 0.02, 0.01))


def test_turned_axes_are_read_by_their_letters() -> None:
    layer = image(2, 3, 4, scale=(1, 2, 3), units=("um", "um", "um"))
    assert voxel_size_of(layer, "XYZ") == pytest.approx((3, 2, 1))


@pytest.mark.parametrize(
    ("shape", "labels", "expected"),
    [
        ((9, 4, 5), None, "ZYX"),
        ((4, 5), None, "YX"),
        ((3, 9, 4, 5), None, "CZYX"),
        ((6, 9, 4, 5), None, "TZYX"),
        ((6, 2, 9, 4, 5), None, "TCZYX"),
        ((9, 2, 4, 5), ("z", "c", "y", "x"), "ZCYX"),
        ((6, 9, 4, 5), ("time", "z", "y", "x"), "TZYX"),
        ((9, 4, 5), ("x", "y", "z"), "XYZ"),
        ((9, 4, 5), ("z", "z", "y"), "ZYX"),  # nothing that can be meant
        ((9, 4, 5), ("depth", "height", "width"), "ZYX"),
    ],
)
def test_axes_are_read_from_labels_or_by_the_usual_order(
    shape: tuple[int, ...], labels: tuple[str, ...] | None, expected: str
) -> None:
    layer = image(*shape) if labels is None else image(*shape, axis_labels=labels)
    assert axes_of(layer) == expected


@pytest.mark.parametrize(
    ("shape", "labels", "image_axes", "expected"),
    [
        ((3, 9, 4, 5), None, "TZYX", "TZYX"),
        ((6, 9, 4, 5), None, "CZYX", "CZYX"),
        ((6, 4, 5), None, "TYX", "TYX"),
        ((9, 4, 5), None, "ZYXS", "ZYX"),
        ((9, 4, 5), None, "TZYX", "ZYX"),  # the image has more
        ((3, 9, 4, 5), ("c", "z", "y", "x"), "TZYX", "CZYX"),
    ],
)
def test_labels_without_names_of_axes_have_those_of_their_image(
    shape: tuple[int, ...],
    labels: tuple[str, ...] | None,
    image_axes: str,
    expected: str,
) -> None:
    layer = Labels(np.zeros(shape, np.uint8), axis_labels=labels)
    assert axes_of(layer, image_axes) == expected


def test_colours_are_an_axis_of_their_own() -> None:
    layer = Image(np.zeros((9, 4, 5, 3), np.uint8), rgb=True)
    assert axes_of(layer) == "ZYXS"
    assert axes_of(Image(np.zeros((4, 5, 3), np.uint8), rgb=True)) == "YXS"


# ---- labels that lie on an image


def assert_on(
    image: Image, axes: str, points: list[tuple[float, float, float]]
) -> None:
    """Compare where a voxel of labels and the same voxel of the image are drawn."""
    labels = Labels(np.zeros((4, 4, 4), np.uint8), **geometry_of(image, axes))
    places = [axes.index(letter) for letter in "ZYX"]
    for point in points:
        full = np.zeros(image.ndim)
        full[places] = point
        there = np.asarray(image.data_to_world(full))[places]
        np.testing.assert_allclose(labels.data_to_world(point), there, atol=1e-9)


POINTS = [(0.0, 0.0, 0.0), (1.0, 2.0, 3.0), (3.0, 0.0, 1.5)]


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing:UserWarning")
@pytest.mark.parametrize(
    "place",
    [
        {},
        {"translate": (1.0, -2.0, 3.0)},
        {"rotate": (10.0, 20.0, 30.0)},
        {"shear": (0.1, 0.2, -0.3)},
        {
            "affine": np.array(
                [[1, 0.1, 0, 5], [0, 1, 0, 6], [0, 0.2, 1, 7], [0, 0, 0, 1]]
            )
        },
        {"translate": (1, 2, 3), "rotate": (0, 0, 45), "shear": (0.5, 0, 0)},
    ],
    ids=lambda place: "+".join(place) or "scale",
)
def test_labels_lie_on_their_image(place: dict[str, Any]) -> None:
    layer = image(4, 4, 4, scale=(5, 2, 1), units=("nm", "nm", "nm"), **place)
    assert_on(layer, "ZYX", POINTS)
    geometry = geometry_of(layer)
    assert [str(unit) for unit in geometry["units"]] == ["nanometer"] * 3
    assert geometry["axis_labels"] == ("z", "y", "x")


def test_labels_of_a_channel_lie_on_their_image() -> None:
    layer = image(
        2, 6, 4, 4, 4, scale=(7, 3, 5, 2, 1), translate=(100, 200, 1, 2, 3),
        units=("pixel", "s", "um", "um", "um"), axis_labels=("c", "t", "z", "y", "x"),
    )  # fmt: skip
    assert_on(layer, "CTZYX", POINTS)
    assert geometry_of(layer, "CTZYX")["axis_labels"] == ("z", "y", "x")


def test_labels_of_a_turned_time_series_lie_on_their_image() -> None:
    """Turned within the volume; time stays time."""
    turn = np.eye(4)
    turn[2:, 2:] = [[0.8, -0.6], [0.6, 0.8]]
    layer = image(6, 4, 4, 4, scale=(1, 5, 2, 1), rotate=turn)
    assert_on(layer, "TZYX", POINTS)


def test_labels_of_colours_lie_on_their_image() -> None:
    layer = Image(np.zeros((4, 4, 4, 3), np.uint8), rgb=True, scale=(5, 2, 1))
    assert_on(layer, "ZYXS", POINTS)


def test_labels_of_a_plane_lie_in_a_volume_of_one() -> None:
    layer = image(4, 4, scale=(2, 1), translate=(20, 10), units=("um", "um"))
    geometry = geometry_of(layer, "YX")
    assert geometry["scale"][1:] == (2, 1)
    assert geometry["translate"] == (0, 20, 10)
    Labels(np.zeros((1, 4, 4), np.uint8), **geometry)


def test_a_part_lies_where_it_was_cut_out() -> None:
    whole = {"scale": (5, 2, 1), "translate": (1, 2, 3), "rotate": (0, 0, 30)}
    layer = image(4, 4, 4, **whole)
    part = Labels(
        np.zeros((2, 2, 2), np.uint8), **shifted(geometry_of(layer), (1, 2, 3))
    )
    for point in POINTS:
        there = layer.data_to_world(np.add(point, (1, 2, 3)))
        np.testing.assert_allclose(part.data_to_world(point), there)


def test_a_file_without_a_voxel_size_gets_no_scale_but_names_of_axes() -> None:
    assert layer_geometry(None) == {"axis_labels": ("z", "y", "x")}
    geometry = layer_geometry((0.05, 0.02, 0.01))
    assert voxel_size_of(image(2, 3, 4, **geometry)) == pytest.approx(
        (0.05, 0.02, 0.01)
    )
