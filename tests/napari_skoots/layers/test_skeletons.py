"""Points and arrows in the colours of their objects."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.layers import Labels

from napari_skoots.layers import geometry_of
from napari_skoots.layers.skeletons import (
    arrows_layer,
    colours_of,
    points_layer,
)

IDS = np.array([4_000_000_001, 3, 3, 7])


def labels() -> Labels:
    return Labels(np.zeros((4, 5, 6), np.uint32), scale=(3, 2, 1), translate=(9, 0, 0))


def test_an_object_has_one_colour_that_differs_from_its_labels() -> None:
    layer = labels()
    colours = colours_of(layer, IDS)
    assert colours.shape == (4, 4)
    assert (colours[:, 3] == 1).all()
    assert ((colours >= 0) & (colours <= 1)).all()
    np.testing.assert_array_equal(colours[1], colours[2])
    assert len({tuple(c) for c in colours}) == 3
    for key, colour in zip(IDS, colours, strict=True):
        own = layer.get_color(int(key))
        assert np.abs(own[:3] - colour[:3]).max() > 0.2


def test_without_a_layer_objects_have_colours_too() -> None:
    assert len({tuple(c) for c in colours_of(None, IDS)}) == 3


@pytest.mark.parametrize("ndim", [2, 3])
def test_points_and_arrows_lie_where_the_labels_are(ndim: int) -> None:
    layer = labels()
    places = np.arange(4 * ndim, dtype=float).reshape(4, ndim)
    points = points_layer(places, IDS, layer, "points", geometry_of(layer))
    arrows = arrows_layer(
        places, places + 1, colours_of(layer, IDS), "arrows", geometry_of(layer)
    )
    for made in (points, arrows):
        np.testing.assert_allclose(made.scale, layer.scale[-ndim:])
        np.testing.assert_allclose(made.translate, layer.translate[-ndim:])
    np.testing.assert_array_equal(points.features["label"], IDS.astype(float))
    np.testing.assert_allclose(arrows.data[:, 1], places + 1)


def test_no_points_are_a_layer_as_well() -> None:
    none = points_layer(
        np.zeros((0, 3)), np.zeros(0, int), labels(), "none", geometry_of(labels())
    )
    assert len(none.data) == 0


def test_a_point_is_shown_in_all_planes_that_it_stands_for() -> None:
    places = np.array([[4.4, 1.5, 2.0], [9.0, 3.0, 3.0]])
    points = points_layer(
        places, IDS[:2], None, "points", geometry_of(labels()), depth=3
    )
    assert sorted(points.data[:, 0]) == [3, 4, 5, 8, 9, 10]
    first = points.data[points.features["label"] == IDS[0]]
    np.testing.assert_allclose(first[:, 1:], [[1.5, 2.0]] * 3)


def test_no_point_lies_beyond_the_volume() -> None:
    """napari's slider would get a step more, and leave the plane that is shown."""
    layer = labels()
    last = layer.data.shape[0] - 1
    places = np.array([[0.0, 1.0, 1.0], [last, 2.0, 2.0]])
    points = points_layer(places, IDS[:2], layer, "points", geometry_of(layer), depth=3)
    assert sorted(points.data[:, 0]) == [0, 1, last - 1, last]
