"""What is looked at and pointed at, in voxels, against answers worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from napari.layers import Image, Shapes

from napari_skoots.layers import (
    box_region,
    camera_of,
    point_under_cursor,
    view_centre,
    view_region,
)

if TYPE_CHECKING:
    from napari.layers import Layer

SHAPE = (10, 40, 60)
SCALE = (5.0, 2.0, 1.0)


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


def add(viewer: ViewerModel, shape: tuple[int, ...] = SHAPE, **keywords: Any) -> Image:
    layer: Image = viewer.add_image(
        np.zeros(shape, np.uint8), contrast_limits=(0, 1), **keywords
    )
    return layer


def show(layer: Layer, low: tuple[float, ...], high: tuple[float, ...]) -> None:
    """Let these corners be what is on the screen, as a window would say."""
    layer.corner_pixels = np.array([low, high], int)


# ---- view


def test_a_view_is_one_plane_and_what_of_it_is_on_the_screen(
    viewer: ViewerModel,
) -> None:
    layer = add(viewer)
    viewer.dims.set_current_step(0, 7)
    show(layer, (7, 3, 10), (7, 12, 29))
    assert view_region(viewer, layer, "ZYX", SHAPE) == ((7, 8), (3, 13), (10, 30))
    assert view_centre(viewer, layer, "ZYX", SHAPE) == (7.0, 7.5, 19.5)


def test_scale_and_place_do_not_matter_for_the_plane(viewer: ViewerModel) -> None:
    layer = add(viewer, scale=SCALE, translate=(100, 0, 0))
    viewer.dims.set_point(0, 100 + 5 * 4)
    show(layer, (0, 0, 0), (9, 39, 59))
    assert view_region(viewer, layer, "ZYX", SHAPE) == ((4, 5), (0, 40), (0, 60))


def test_a_plane_beside_the_image_shows_nothing_of_it(viewer: ViewerModel) -> None:
    layer = add(viewer, scale=SCALE)
    add(viewer, (10, 40, 60), scale=SCALE, translate=(500, 0, 0))
    viewer.dims.set_point(0, 520)
    show(layer, (0, 0, 0), (9, 39, 59))
    assert view_region(viewer, layer, "ZYX", SHAPE) is None
    assert view_centre(viewer, layer, "ZYX", SHAPE) is None


def test_what_sticks_out_is_cut_at_the_faces(viewer: ViewerModel) -> None:
    layer = add(viewer)
    show(layer, (0, -20, -5), (0, 70, 200))
    region = view_region(viewer, layer, "ZYX", SHAPE)
    assert region is not None
    assert region[1:] == ((0, 40), (0, 60))


def test_in_3d_all_planes_are_shown(viewer: ViewerModel) -> None:
    layer = add(viewer)
    viewer.dims.ndisplay = 3
    show(layer, (0, 0, 0), (9, 39, 59))
    assert view_region(viewer, layer, "ZYX", SHAPE) == ((0, 10), (0, 40), (0, 60))


def test_turned_so_that_y_is_the_slider_a_row_is_shown(viewer: ViewerModel) -> None:
    layer = add(viewer)
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 30)
    show(layer, (2, 30, 10), (5, 30, 19))
    assert view_region(viewer, layer, "ZYX", SHAPE) == ((2, 6), (30, 31), (10, 20))


def test_time_and_channel_sliders_are_no_part_of_a_region(viewer: ViewerModel) -> None:
    layer = add(viewer, (3, 4, *SHAPE))
    for axis, step in enumerate((2, 1, 6)):
        viewer.dims.set_current_step(axis, step)
    show(layer, (2, 1, 6, 0, 5), (2, 1, 6, 9, 14))
    assert view_region(viewer, layer, "TCZYX", SHAPE) == ((6, 7), (0, 10), (5, 15))


def test_an_image_in_a_viewer_with_time_is_shown_by_its_own_plane(
    viewer: ViewerModel,
) -> None:
    add(viewer, (3, *SHAPE))
    layer = add(viewer)
    for axis, step in enumerate((2, 6)):
        viewer.dims.set_current_step(axis, step)
    show(layer, (6, 0, 0), (6, 39, 59))
    assert view_region(viewer, layer, "ZYX", SHAPE) == ((6, 7), (0, 40), (0, 60))


def test_a_plane_alone_is_a_volume_of_one(viewer: ViewerModel) -> None:
    layer = add(viewer, (40, 60))
    show(layer, (0, 10), (19, 39))
    assert view_region(viewer, layer, "YX", (1, 40, 60)) == ((0, 1), (0, 20), (10, 40))


def test_colours_are_no_part_of_a_region(viewer: ViewerModel) -> None:
    layer = viewer.add_image(np.zeros((*SHAPE, 3), np.uint8), rgb=True)
    viewer.dims.set_current_step(0, 3)
    show(layer, (3, 0, 0), (3, 39, 59))
    assert view_region(viewer, layer, "ZYXS", SHAPE) == ((3, 4), (0, 40), (0, 60))


def test_coarse_corners_are_brought_to_full_resolution(viewer: ViewerModel) -> None:
    shapes = [(10, 64, 64), (10, 32, 32)]
    layer = viewer.add_image(
        [np.zeros(shape, np.uint8) for shape in shapes],
        multiscale=True, contrast_limits=(0, 1),
    )  # fmt: skip
    layer._data_level = 1
    viewer.dims.set_current_step(0, 4)
    show(layer, (4, 5, 6), (4, 15, 31))
    region = view_region(viewer, layer, "ZYX", (10, 64, 64))
    assert region is not None
    z, y, x = region
    assert z == (4, 5)
    assert y[0] == 10
    assert y[1] in (31, 32)
    assert x[0] == 12
    assert x[1] in (63, 64)


def test_the_camera_is_found_without_a_warning(viewer: ViewerModel) -> None:
    add(viewer)
    camera_of(viewer).zoom = 3.0
    assert camera_of(viewer).zoom == 3.0


# ---- cursor


def test_the_voxel_under_the_cursor_is_meant(viewer: ViewerModel) -> None:
    layer = add(viewer, scale=SCALE, translate=(0, 10, 0))
    viewer.cursor.position = (15.0, 10 + 2 * 7, 33.0)
    assert point_under_cursor(viewer, layer, "ZYX", SHAPE) == pytest.approx((3, 7, 33))


def test_a_cursor_beside_the_image_means_the_middle_of_the_view(
    viewer: ViewerModel,
) -> None:
    layer = add(viewer, scale=SCALE)
    viewer.dims.set_current_step(0, 2)
    show(layer, (2, 10, 20), (2, 19, 29))
    viewer.cursor.position = (10.0, -50.0, 5.0)
    assert point_under_cursor(viewer, layer, "ZYX", SHAPE) == (2.0, 14.5, 24.5)


def test_the_outermost_half_voxel_is_still_the_image(viewer: ViewerModel) -> None:
    layer = add(viewer)
    show(layer, (0, 0, 0), (0, 39, 59))
    viewer.cursor.position = (0.0, -0.4, 59.4)
    assert point_under_cursor(viewer, layer, "ZYX", SHAPE) == pytest.approx(
        (0, -0.4, 59.4)
    )


def test_the_cursor_over_a_time_series_means_a_voxel(viewer: ViewerModel) -> None:
    layer = add(viewer, (3, *SHAPE))
    viewer.cursor.position = (2.0, 4.0, 5.0, 6.0)
    assert point_under_cursor(viewer, layer, "TZYX", SHAPE) == (4.0, 5.0, 6.0)


def test_the_cursor_over_a_plane_means_a_voxel(viewer: ViewerModel) -> None:
    layer = add(viewer, (40, 60))
    viewer.cursor.position = (5.0, 6.0)
    assert point_under_cursor(viewer, layer, "YX", (1, 40, 60)) == (0.0, 5.0, 6.0)


# ---- boxes


def rectangle(
    plane: float | None, y: tuple[float, float], x: tuple[float, float]
) -> Any:
    corners = [(y[0], x[0]), (y[0], x[1]), (y[1], x[1]), (y[1], x[0])]
    return np.array(
        corners if plane is None else [(plane, *corner) for corner in corners]
    )


def shapes(*drawn: Any, **keywords: Any) -> Shapes:
    return Shapes(list(drawn), shape_type="rectangle", **keywords)


def test_a_rectangle_on_a_plane_is_meant_through_all_planes(
    viewer: ViewerModel,
) -> None:
    layer = add(viewer)
    drawn = shapes(rectangle(4, (5, 14), (20, 39)))
    assert box_region(drawn, layer, "ZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))


def test_a_rectangle_without_a_plane_is_meant_likewise(viewer: ViewerModel) -> None:
    layer = add(viewer)
    drawn = shapes(rectangle(None, (5, 14), (20, 39)))
    assert box_region(drawn, layer, "ZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))


def test_rectangles_on_two_planes_mean_what_lies_between(viewer: ViewerModel) -> None:
    layer = add(viewer)
    drawn = shapes(rectangle(2, (5, 14), (20, 39)), rectangle(6, (1, 4), (30, 50)))
    assert box_region(drawn, layer, "ZYX", SHAPE) == ((2, 7), (1, 15), (20, 51))


def test_the_selected_shape_is_meant_where_one_is(viewer: ViewerModel) -> None:
    layer = add(viewer)
    drawn = shapes(rectangle(2, (5, 14), (20, 39)), rectangle(6, (1, 4), (30, 50)))
    drawn.selected_data = {1}
    assert box_region(drawn, layer, "ZYX", SHAPE) == ((0, 10), (1, 5), (30, 51))


def test_a_box_is_drawn_in_the_world_of_the_image(viewer: ViewerModel) -> None:
    layer = add(viewer, scale=SCALE, translate=(0, 10, 0))
    in_world = shapes(rectangle(0, (10 + 2 * 5, 10 + 2 * 14), (20, 39)))
    assert box_region(in_world, layer, "ZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))
    scaled = shapes(rectangle(0, (5, 14), (20, 39)), scale=SCALE, translate=(0, 10, 0))
    assert box_region(scaled, layer, "ZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))


def test_a_box_that_sticks_out_is_cut_and_one_beside_is_none(
    viewer: ViewerModel,
) -> None:
    layer = add(viewer)
    out = shapes(rectangle(0, (-10, 4), (50, 100)))
    assert box_region(out, layer, "ZYX", SHAPE) == ((0, 10), (0, 5), (50, 60))
    beside = shapes(rectangle(0, (-10, -5), (5, 10)))
    assert box_region(beside, layer, "ZYX", SHAPE) is None
    assert box_region(Shapes(), layer, "ZYX", SHAPE) is None


def test_a_box_over_a_time_series_is_one_of_space(viewer: ViewerModel) -> None:
    layer = add(viewer, (3, *SHAPE))
    corners = [(1, 4, *corner) for corner in rectangle(None, (5, 14), (20, 39))]
    drawn = shapes(np.array(corners))
    assert box_region(drawn, layer, "TZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))
    flat = shapes(rectangle(None, (5, 14), (20, 39)))
    assert box_region(flat, layer, "TZYX", SHAPE) == ((0, 10), (5, 15), (20, 40))


def test_a_box_over_a_plane_is_one_plane(viewer: ViewerModel) -> None:
    layer = add(viewer, (40, 60))
    drawn = shapes(rectangle(None, (5, 14), (20, 39)))
    assert box_region(drawn, layer, "YX", (1, 40, 60)) == ((0, 1), (5, 15), (20, 40))
