"""A click on a good object copies it; what is painted already stays as it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from exercise_cases import SHAPE
from napari.components import ViewerModel

from napari_skoots.controllers.teaching.picking import offset_between
from napari_skoots.controllers.teaching.whole_object import read_object
from napari_skoots.jobs import Job
from skoots.errors import TrainingError
from skoots.events import result_of

if TYPE_CHECKING:
    from exercise_cases import Taught

SCALE = (0.04, 0.02, 0.02)


def found() -> Any:
    """Labels of a program: a long object 5, a small one 9."""
    labels = np.zeros(SHAPE, np.uint16)
    labels[2:20, 10:14, 3:66] = 5
    labels[10:12, 40:44, 40:44] = 9
    return labels


def begun(taught: Taught, labels: Any, **options: Any) -> Any:
    taught.open_image()
    layer = taught.new_layer()
    options = {"scale": SCALE, "units": ("um",) * 3, "name": "found"} | options
    taught.viewer.add_labels(labels, **options)
    taught.exercise.set_accepting(True)
    return layer


def click(taught: Taught, voxel: Any, *, drag: float = 0.0) -> None:
    """Press and release the left button over a voxel of the image."""
    click_at(taught, tuple(taught.exercise.layer.data_to_world(voxel)), drag=drag)


def click_at(taught: Taught, position: Any, *, drag: float = 0.0) -> None:
    """Press and release the left button at a place of the world."""
    event = SimpleNamespace(
        type="mouse_press",
        button=1,
        modifiers=(),
        pos=np.array((100.0, 100.0)),
        position=position,
    )
    for callback in list(taught.viewer.mouse_drag_callbacks):
        heard = callback(taught.viewer, event)
        next(heard, None)
        event.type, event.pos = "mouse_move", event.pos + drag
        next(heard, None)
        event.type = "mouse_release"
        next(heard, None)
    taught.counted()


def test_a_click_copies_the_whole_object(taught: Taught) -> None:
    layer = begun(taught, found())
    assert layer.mode == "pan_zoom"
    click(taught, (10, 12, 30))
    number = int(layer.data[10, 12, 30])
    assert number > 0
    np.testing.assert_array_equal(np.asarray(layer.data) == number, found() == 5)
    assert "of object 5 in 'found'" in taught.noted[-1]
    click(taught, (10, 42, 42))
    assert len(np.unique(np.asarray(layer.data))) == 3
    assert taught.exercise.view.objects == 2


def test_undo_takes_it_back_and_redo_brings_it(taught: Taught) -> None:
    layer = begun(taught, found())
    click(taught, (10, 12, 30))
    layer.undo()
    assert not np.asarray(layer.data).any()
    layer.redo()
    assert (np.asarray(layer.data) > 0).sum() == (found() == 5).sum()


def test_what_is_painted_stays(taught: Taught) -> None:
    layer = begun(taught, found())
    layer.data[2:20, 10:14, 3:20] = 77
    click(taught, (10, 12, 30))
    labels = np.asarray(layer.data)
    assert (labels == 77).sum() == 18 * 4 * 17
    assert len(np.unique(labels)) == 3
    assert "1,224 more were painted already" in taught.noted[-1]
    layer.undo()
    assert set(np.unique(np.asarray(layer.data))) == {0, 77}


def test_an_object_that_is_there_is_not_copied_twice(taught: Taught) -> None:
    layer = begun(taught, found())
    click(taught, (10, 12, 30))
    before = np.asarray(layer.data)
    click(taught, (10, 12, 30))
    np.testing.assert_array_equal(np.asarray(layer.data), before)
    assert len(taught.noted) == 2


def test_a_drag_is_no_click(taught: Taught) -> None:
    layer = begun(taught, found())
    click(taught, (10, 12, 30), drag=30)
    assert not np.asarray(layer.data).any()


def test_where_nothing_is_it_says_so(taught: Taught) -> None:
    begun(taught, found())
    click(taught, (0, 0, 0))
    assert "no object of another Labels layer" in str(taught.told[-1])


def test_a_preview_lies_shifted_by_whole_voxels(taught: Taught) -> None:
    part = np.s_[8:16, 36:50, 36:50]
    place = np.array((8, 36, 36)) * SCALE
    layer = begun(taught, found()[part], translate=place)
    click(taught, (10, 42, 42))
    np.testing.assert_array_equal(np.asarray(layer.data) > 0, found() == 9)


def test_what_reaches_beyond_the_image_is_cut(taught: Taught) -> None:
    labels = np.full((4, 4, 4), 3, np.uint8)
    layer = begun(taught, labels, translate=np.array((-2, 0, 68)) * SCALE)
    click(taught, (0, 2, 69))
    expected = np.zeros(SHAPE, bool)
    expected[:2, :4, 68:] = True
    np.testing.assert_array_equal(np.asarray(layer.data) > 0, expected)


@pytest.mark.parametrize(
    ("options", "voxel"),
    [
        ({"scale": (0.04, 0.04, 0.04)}, (10, 24, 60)),
        ({"translate": (0, 0.01, 0)}, (10, 12, 30)),
    ],
    ids=["coarser", "half a voxel beside"],
)
def test_another_grid_is_refused(taught: Taught, options: Any, voxel: Any) -> None:
    layer = begun(taught, found(), **options)
    assert offset_between(taught.viewer.layers["found"], layer) is None
    click(taught, voxel)
    assert "are not those of the image" in str(taught.told[-1])
    assert not np.asarray(layer.data).any()


def test_the_topmost_visible_layer_counts(taught: Taught) -> None:
    layer = begun(taught, found())
    other = np.where(found() == 5, 0, 0).astype(np.uint8)
    other[10, 12, 28:32] = 1
    top = taught.viewer.add_labels(other, scale=SCALE, units=("um",) * 3)
    top.visible = False
    click(taught, (10, 12, 30))
    assert (np.asarray(layer.data) > 0).sum() == (found() == 5).sum()
    layer.undo()
    top.visible = True
    click(taught, (10, 12, 30))
    assert (np.asarray(layer.data) > 0).sum() == 4


def test_it_ends_when_the_user_paints(taught: Taught) -> None:
    layer = begun(taught, found())
    assert taught.exercise.view.accepting
    layer.mode = "erase"
    assert not taught.exercise.view.accepting
    assert layer.mode == "erase"
    taught.exercise.set_accepting(True)
    taught.exercise.set_accepting(False)
    assert layer.mode == "erase"
    click(taught, (10, 12, 30))
    assert not np.asarray(layer.data).any()


def test_an_object_is_read_until_nothing_more_belongs_to_it() -> None:
    labels = zarr.zeros((300, 400, 500), chunks=(32, 64, 64), dtype="uint32")
    labels[100:280, 200:203, 10:490] = 8
    box, mask = result_of(read_object(labels, 8, (150, 201, 300)))
    assert box == np.s_[100:280, 200:203, 10:490]
    assert mask.all()


def test_one_that_is_too_large_is_refused() -> None:
    endless = np.broadcast_to(np.uint8(3), (900, 900, 900))
    with pytest.raises(TrainingError, match="too large to be copied by a click"):
        result_of(read_object(endless, 3, (450, 450, 450)))


def test_it_ends_with_the_image_and_the_layer(taught: Taught) -> None:
    layer = begun(taught, found())
    first, heard = taught.images.current, len(ViewerModel().mouse_drag_callbacks)
    taught.open_image("more", seed=3)
    taught.new_layer()
    taught.images.choose(first)
    taught.exercise.set_accepting(True)
    assert taught.exercise.view.accepting
    taught.images.choose(str(taught.viewer.layers["more"].unique_id))
    assert taught.exercise.view.layer == "more teaching"
    assert not taught.exercise.view.accepting
    taught.images.choose(first)
    taught.exercise.set_accepting(True)
    taught.viewer.layers.remove(layer)
    assert not taught.exercise.view.accepting
    assert len(taught.viewer.mouse_drag_callbacks) == heard


def test_nothing_is_accepted_at_another_time(taught: Taught) -> None:
    taught.viewer.add_image(np.zeros((6, *SHAPE), np.uint8), name="movie")
    taught.images.set_time(1)
    layer = taught.new_layer()
    taught.viewer.add_labels(np.stack([found()] * 6), name="found")
    taught.exercise.set_accepting(True)
    taught.viewer.dims.set_current_step(0, 2)
    click(taught, (10, 12, 30))
    assert "belongs to time 1" in str(taught.told[-1])
    assert not np.asarray(layer.data).any()


def test_labels_of_all_times_are_accepted_at_the_time_that_is_shown(
    taught: Taught,
) -> None:
    taught.viewer.add_image(np.zeros((6, *SHAPE), np.uint8), name="movie")
    taught.images.set_time(1)
    layer = taught.new_layer()
    movie = np.zeros((6, *SHAPE), np.uint16)
    movie[0, 5:15, 30:50, 30:50] = 9  # another object of that id at another time
    movie[1] = found()
    taught.viewer.add_labels(movie, name="found")
    taught.exercise.set_accepting(True)
    click_at(taught, (1, 10, 42, 42))
    assert not taught.told
    np.testing.assert_array_equal(np.asarray(layer.data) > 0, found() == 9)


def test_labels_of_a_flat_image_are_accepted(taught: Taught) -> None:
    taught.viewer.add_image(np.zeros(SHAPE[1:], np.uint8), name="flat")
    layer = taught.new_layer()
    taught.viewer.add_labels(found()[10], name="found")
    taught.exercise.set_accepting(True)
    click_at(taught, (42, 42))
    assert not taught.told
    np.testing.assert_array_equal(np.asarray(layer.data)[0] > 0, found()[10] == 9)


def test_a_plane_of_labels_on_an_image_of_several_is_named(taught: Taught) -> None:
    flat = {"scale": SCALE[1:], "units": ("um",) * 2}
    layer = begun(taught, found()[10], **flat)
    click(taught, (10, 42, 42))
    assert "'found' is one plane, and the image has 24" in str(taught.told[-1])
    assert not np.asarray(layer.data).any()


def test_what_was_clicked_at_is_copied_whatever_the_layer_shows_then(
    taught: Taught,
) -> None:
    """As in the layer of a network that learns, which is drawn anew by the second."""
    layer = begun(taught, found())
    other = taught.viewer.layers["found"]
    start = Job.start

    def swapped_first(job: Job) -> None:
        other.data = np.full(SHAPE, 5, np.uint16)
        other.translate = (1, 0, 0)
        start(job)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Job, "start", swapped_first)
        taught.exercise._accepting.accept(tuple(layer.data_to_world((10, 12, 30))))
    taught.counted()
    np.testing.assert_array_equal(np.asarray(layer.data) > 0, found() == 5)
