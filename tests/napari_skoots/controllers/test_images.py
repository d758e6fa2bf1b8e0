"""Which image is chosen, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel
from session_cases import SHAPE, save_image

from napari_skoots.controllers.images import Images
from napari_skoots.controllers.wishes import Wishes
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image

    from napari_skoots.controllers.session import Session


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def images(viewer: ViewerModel) -> Images:
    return Images(viewer)


def add(viewer: ViewerModel, *shape: int, **keywords: Any) -> Image:
    layer: Image = viewer.add_image(
        np.zeros(shape or SHAPE, np.uint8), contrast_limits=(0, 1), **keywords
    )
    return layer


def count(signal: Any) -> list[int]:
    heard: list[int] = []
    signal.connect(lambda: heard.append(1))
    return heard


# ---- choosing


def test_the_first_image_is_chosen_and_later_ones_do_not_take_its_place(
    viewer: ViewerModel, images: Images
) -> None:
    assert images.layer is None
    assert images.view is None
    first = add(viewer)
    assert images.layer is first
    add(viewer)
    assert images.layer is first
    assert len(images.choices) == 2


def test_a_panel_that_is_opened_late_finds_the_images(viewer: ViewerModel) -> None:
    add(viewer, name="old")
    last = add(viewer, name="new")
    images = Images(viewer)
    assert images.layer is last
    assert [name for _, name in images.choices] == ["old", "new"]


def test_labels_shapes_and_overlays_are_no_images(
    viewer: ViewerModel, images: Images
) -> None:
    viewer.add_labels(np.zeros(SHAPE, np.uint8))
    viewer.add_shapes()
    add(viewer, metadata={"skoots": {"overlay": True}})
    assert images.choices == []
    assert images.layer is None


def test_renaming_a_layer_is_heard_and_changes_no_choice(
    viewer: ViewerModel, images: Images
) -> None:
    layer = add(viewer, name="cells")
    add(viewer, name="others")
    heard = count(images.listed)
    layer.name = "renamed"
    assert heard
    assert [name for _, name in images.choices] == ["renamed", "others"]
    assert images.layer is layer


def test_reordering_changes_the_list_and_not_the_choice(
    viewer: ViewerModel, images: Images
) -> None:
    first = add(viewer, name="a")
    add(viewer, name="b")
    viewer.layers.move(0, 2)
    assert [name for _, name in images.choices] == ["b", "a"]
    assert images.layer is first


def test_when_the_chosen_image_is_removed_another_is_chosen(
    viewer: ViewerModel, images: Images
) -> None:
    first, second = add(viewer), add(viewer)
    viewer.layers.remove(first)
    assert images.layer is second
    viewer.layers.clear()
    assert images.layer is None
    assert images.current is None
    with pytest.raises(SkootsError, match="No image is chosen"):
        images.source()


# ---- axes, channels, time


def test_axes_are_shown_with_their_lengths(viewer: ViewerModel, images: Images) -> None:
    add(viewer, 7, 3, *SHAPE)
    view = images.view
    assert view is not None
    assert (view.axes, view.lengths) == ("TCZYX", (7, 3, *SHAPE))
    assert (view.channels, view.times, view.problem) == (3, 7, "")
    images.set_channel(2)
    images.set_time(5)
    assert images.choice == {"channel": 2, "time": 5}
    assert images.source().shape == SHAPE


def test_axes_can_be_typed(viewer: ViewerModel, images: Images) -> None:
    add(viewer, 3, *SHAPE)
    images.set_axes(" tzyx ")
    view = images.view
    assert view is not None
    assert (view.axes, view.times, view.channels) == ("TZYX", 3, 1)


@pytest.mark.parametrize("typed", ["ZY", "Z", "ZZY", "QQQ", "TCZYX", "ZYC", "CTZ"])
def test_axes_that_do_not_fit_are_a_problem_that_can_be_mended(
    viewer: ViewerModel, images: Images, typed: str
) -> None:
    add(viewer, scale=(5, 2, 1), units=("um", "um", "um"))
    images.set_axes(typed)
    view = images.view
    assert view is not None
    assert view.axes == typed
    assert view.problem
    assert images.voxel_size == pytest.approx((5, 2, 1))
    images.set_axes("ZYX")
    view = images.view
    assert view is not None
    assert view.problem == ""


def test_axes_that_do_not_fit_block_a_run_and_break_nothing(session: Session) -> None:
    layer = add(session.viewer)
    session.images.set_axes("ZY")
    assert "ZY" in session.wishes.blocked
    assert session.wishes.out is not None
    assert session.wishes.out.name == f"{layer.name}.skoots.zarr"
    assert session.wishes.estimate is None
    assert session.wishes.misplaced
    assert isinstance(session.wishes, Wishes)


def test_an_emptied_field_means_the_axes_of_the_layer(
    viewer: ViewerModel, images: Images
) -> None:
    add(viewer)
    images.set_axes("")
    view = images.view
    assert view is not None
    assert (view.axes, view.problem) == ("ZYX", "")


def test_the_time_that_is_looked_at_is_chosen_with_the_image(
    viewer: ViewerModel, images: Images
) -> None:
    add(viewer)
    series = add(viewer, 9, *SHAPE, axis_labels=("t", "z", "y", "x"))
    viewer.dims.set_current_step(0, 4)
    images.choose(str(series.unique_id))
    assert images.choice == {"time": 4}


def test_another_image_begins_with_its_own_axes_and_first_channel(
    viewer: ViewerModel, images: Images
) -> None:
    add(viewer, 3, *SHAPE)
    images.set_channel(2)
    images.set_voxel_size((1, 1, 1))
    images.set_axes("TZYX")
    other = add(viewer, 2, *SHAPE)
    images.choose(str(other.unique_id))
    view = images.view
    assert view is not None
    assert (view.axes, view.channel) == ("CZYX", 0)
    assert images.voxel_size is None


def test_a_channel_that_is_not_there_is_a_problem(
    viewer: ViewerModel, images: Images
) -> None:
    add(viewer, 3, *SHAPE)
    images.set_channel(3)
    view = images.view
    assert view is not None
    assert "no channel 3" in view.problem


# ---- voxel size


def test_the_voxel_size_says_where_it_is_from(
    viewer: ViewerModel, images: Images
) -> None:
    layer = add(viewer)
    assert (images.voxel_size, images.voxel_origin) == (None, "unknown")
    layer.scale, layer.units = (50, 20, 10), ("nm", "nm", "nm")
    assert images.voxel_size == pytest.approx((0.05, 0.02, 0.01))
    assert images.voxel_origin == "from the layer"
    images.set_voxel_size((1.0, 2.0, 3.0))
    assert images.voxel_size == (1.0, 2.0, 3.0)
    assert images.voxel_origin == "typed here"
    assert images.source().voxel_size == (1.0, 2.0, 3.0)


def test_an_image_opened_by_napari_gets_the_voxel_size_of_its_file(
    viewer: ViewerModel, images: Images, tmp_path: Path
) -> None:
    """Napari's own reader throws it away."""
    path = save_image(tmp_path / "cells.tif")
    layer = add(viewer, metadata={"skoots": {"path": str(path)}})
    assert images.voxel_origin == "from the file"
    assert images.voxel_size == pytest.approx((0.05, 0.02, 0.01))
    images.apply_voxel_size()
    assert tuple(layer.scale) == pytest.approx((0.05, 0.02, 0.01))
    assert [str(unit) for unit in layer.units] == ["micrometer"] * 3
    assert images.voxel_origin == "from the layer"


def test_a_typed_voxel_size_is_applied_to_the_axes_that_it_means(
    viewer: ViewerModel, images: Images
) -> None:
    layer = add(viewer, 3, *SHAPE, axis_labels=("t", "z", "y", "x"), scale=(7, 1, 1, 1))
    images.set_voxel_size((0.05, 0.02, 0.01))
    images.apply_voxel_size()
    assert tuple(layer.scale) == pytest.approx((7, 0.05, 0.02, 0.01))
    assert str(layer.units[0]) == "pixel"
    assert images.voxel_size == pytest.approx((0.05, 0.02, 0.01))


def test_a_scale_that_is_set_elsewhere_is_heard(
    viewer: ViewerModel, images: Images
) -> None:
    layer = add(viewer, units=("um", "um", "um"))
    heard = count(images.changed)
    layer.scale = (5, 2, 1)
    assert heard
    assert images.voxel_size == pytest.approx((5, 2, 1))


# ---- files


def test_a_file_is_opened_lazily_and_chosen(
    viewer: ViewerModel, images: Images, tmp_path: Path
) -> None:
    add(viewer)
    (layer,) = images.open_file(save_image(tmp_path / "cells.tif"))
    assert images.layer is layer
    assert not isinstance(layer.data, np.ndarray)
    assert images.source().name == images.name == "cells"


def test_labels_of_a_file_are_opened_and_not_chosen(
    viewer: ViewerModel, images: Images, tmp_path: Path
) -> None:
    first = add(viewer)
    images.open_file(save_image(tmp_path / "cells.labels.tif"))
    assert images.layer is first
