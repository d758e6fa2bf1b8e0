"""What is painted and drawn is on disk, counted, and shown again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from exercise_cases import SHAPE, Taught, grey
from qtpy.QtCore import QCoreApplication, QEvent, QTimer

from napari_skoots.controllers.teaching import opening
from skoots.errors import SkootsError, StorageError, TrainingError
from skoots.events import result_of
from skoots.teach import TeachProject
from skoots.teach.example import Example
from skoots.teach.held_words import describe_held_out
from skoots.teach.painted import look
from skoots.train.data.taught_boxes import TaughtBox
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path


def paint(layer: Any, number: int, *spans: tuple[int, int]) -> None:
    z, y, x = (slice(*span) for span in spans)
    layer.data[z, y, x] = number


def test_before_anything_the_view_says_what_to_do(taught: Taught) -> None:
    view = taught.exercise.view
    assert (view.project, view.image, view.layer) == ("", "", "")
    with pytest.raises(SkootsError, match="No image is chosen"):
        taught.exercise.new_layer()
    taught.open_image()
    view = taught.exercise.view
    assert view.image == "cells"
    assert view.project_path == str(taught.folder / "cells.skoots-project")
    assert "Nothing is painted" in view.problem
    with pytest.raises(TrainingError, match="no teaching layer"):
        taught.exercise.draw_box()


def test_a_new_layer_lies_on_the_image_and_can_be_painted(taught: Taught) -> None:
    image = taught.open_image()
    layer = taught.new_layer()
    assert layer.name == "cells teaching"
    assert layer.data.dtype == np.uint32
    np.testing.assert_allclose(layer.scale, image.scale)
    assert taught.viewer.layers.selection.active is layer
    assert (layer.mode, layer.selected_label) == ("paint", 1)
    layer.n_edit_dimensions = 3
    layer.brush_size = 5
    layer.paint((10, 20, 20), 1)
    stored = TeachProject(taught.folder / "cells.skoots-project").examples[0].labels
    assert stored[10, 20, 20] == 1, "a stroke is on disk at once"
    assert stored[11, 20, 20] == 1, "the brush is a ball"
    layer.undo()
    assert not np.any(stored[...])


def test_every_new_id_is_another_one(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    paint(layer, 7, (3, 4), (3, 9), (3, 9))
    keys = [key for key in layer.keymap if str(key).lower() == "m"]
    layer.keymap[keys[0]](layer)
    first = layer.selected_label
    layer.keymap[keys[0]](layer)
    assert first > 1
    assert layer.selected_label == first + 1
    taught.viewer.layers.remove(layer)
    again = taught.new_layer()
    assert again.selected_label > 7


def test_what_is_painted_is_counted_when_painting_rests(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    view = taught.counted()
    assert (view.objects, view.examples) == (0, 0)
    paint(layer, 1, (5, 12), (10, 20), (10, 20))
    paint(layer, 2, (5, 12), (30, 40), (10, 20))
    view = taught.counted()
    assert view.objects == 2
    assert "There is no box" in view.problem
    taught.go_to(8)
    taught.draw((5, 45), (5, 25))
    view = taught.counted()
    assert (view.boxes, view.problem, view.examples) == (1, "", 1)
    assert view.taught_voxels == 9 * 41 * 21
    assert view.held_out == "Held out: 1 of the 2 objects in box 1 (the end of it)"
    ball = (6 * 7 * 10 * 10 / np.pi) ** (1 / 3)
    thicker = 2 ** (1 / 3)  # a voxel is twice as deep as it is wide
    assert taught.exercise.diameter(None) == pytest.approx(ball * thicker)


def test_the_panel_names_what_training_holds_out_whatever_was_painted_first(
    taught: Taught,
) -> None:
    for name, seed in (("zebra", 0), ("ape", 3)):
        taught.open_image(name, seed)
        paint(taught.new_layer(), 1, (5, 12), (10, 20), (10, 20))
        taught.go_to(8)
        taught.draw((5, 25), (5, 25))
    view = taught.counted()
    examples = taught.exercise.project.examples
    measured = [result_of(look(one)) for one in examples]
    names = [one.name for one in examples]
    assert names == ["ape", "zebra"]
    assert view.held_out == describe_held_out(measured, names)
    assert view.held_out == "Held out: box 1 of ape (1 object)"


def test_a_layer_that_was_removed_comes_back_with_all_of_it(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    paint(layer, 4, (5, 12), (10, 20), (10, 20))
    taught.draw((5, 45), (5, 25))
    boxes = taught.exercise.example.boxes
    for gone in (layer, taught.boxes):
        taught.viewer.layers.remove(gone)
    assert taught.exercise.layer is None
    assert taught.exercise.view.layer == ""
    assert taught.counted().objects == 1
    again = taught.new_layer()
    assert again.data[8, 15, 15] == 4
    assert len(taught.boxes.data) == 1
    assert taught.exercise.example.boxes == boxes


def test_another_sitting_goes_on_with_it(
    taught: Taught, qtbot: Any, tmp_path: Path
) -> None:
    taught.open_image()
    paint(taught.new_layer(), 4, (5, 12), (10, 20), (10, 20))
    taught.draw((5, 45), (5, 25))
    taught.exercise.set_held_out(True)
    taught.exercise.close()
    other = Taught(qtbot, tmp_path)
    try:
        other.open_image()
        layer = other.new_layer()
        assert layer.data[8, 15, 15] == 4
        assert layer.selected_label == 5
        assert other.exercise.view.box.held_out
        assert other.counted().objects == 1
    finally:
        other.close()


def test_a_project_that_was_moved_knows_the_moved_image(
    taught: Taught, qtbot: Any, tmp_path: Path
) -> None:
    taught.open_image()
    paint(taught.new_layer(), 4, (5, 12), (10, 20), (10, 20))
    taught.exercise.close()
    place = tmp_path / "elsewhere"
    place.mkdir()
    for name in ("cells.tif", "cells.skoots-project"):
        (tmp_path / name).rename(place / name)
    other = Taught(qtbot, place)
    try:
        other.images.open_file(place / "cells.tif")
        assert other.new_layer().data[8, 15, 15] == 4
        example = other.exercise.example
        assert example.path.is_relative_to(place)
        assert example.image().path == (place / "cells.tif").resolve()
    finally:
        other.close()


def test_a_project_counts_for_all_its_images(taught: Taught) -> None:
    one = taught.open_image()
    paint(taught.new_layer(), 4, (5, 12), (10, 20), (10, 20))
    taught.open_image("more", seed=3)
    assert taught.counted().layer == ""
    layer = taught.new_layer()
    assert layer.name == "more teaching"
    paint(layer, 1, (5, 12), (10, 20), (10, 20))
    view = taught.counted()
    assert (view.objects, view.examples, view.project) == (2, 2, "cells")
    taught.images.choose(str(one.unique_id))
    assert taught.exercise.view.layer == "cells teaching"


def test_a_channel_of_a_file_that_napari_opened_is_taught(taught: Taught) -> None:
    path = taught.folder / "both.tif"
    both = np.stack([grey(0), grey(1)])
    tifffile.imwrite(path, both, metadata={"axes": "CZYX"})
    (layer,) = taught.viewer.open(path, plugin="napari")
    assert layer.data.shape == both.shape
    taught.images.choose(str(layer.unique_id))
    taught.images.set_channel(1)
    taught.new_layer()
    read = Example(taught.exercise.example.path).image().read(whole(both[1].shape))
    np.testing.assert_array_equal(read, both[1])


def test_a_voxel_size_that_is_typed_later_is_taught(taught: Taught) -> None:
    taught.open_image()
    taught.new_layer()
    size = (1.0, 0.2, 0.2)
    taught.images.set_voxel_size(size)
    taught.counted()
    assert Example(taught.exercise.example.path).voxel_size == size
    assert list(taught.exercise._counting.voxel_sizes.values()) == [size]


def test_a_voxel_size_that_cannot_be_stored_is_said_once(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.open_image()
    taught.new_layer()

    def full(*_: Any) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Example, "set_voxel_size", full)
    taught.images.set_voxel_size((1.0, 0.2, 0.2))
    taught.images.changed.emit()
    assert [str(error) for error in taught.told] == ["The disk is full."]


def test_a_project_that_is_opened_knows_the_image(taught: Taught) -> None:
    project = TeachProject.create(taught.folder / "other.skoots-project")
    layer = taught.open_image()
    example = project.add(taught.images.source())
    example.labels[3:6, 3:6, 3:6] = 9
    with pytest.raises(TrainingError, match="is no project"):
        taught.exercise.open_project(taught.folder / "none.skoots-project")
    taught.exercise.open_project(project.path)
    view = taught.counted()
    assert (view.project, view.objects, view.layer) == ("other", 1, "")
    assert taught.exercise.example.path == example.path
    assert len(taught.viewer.layers) == 1, "layers are shown on request"
    assert taught.new_layer().data[4, 4, 4] == 9
    np.testing.assert_allclose(taught.exercise.layer.scale, layer.scale)


def test_a_project_of_yesterday_is_offered(taught: Taught) -> None:
    project = TeachProject.create(taught.folder / "cells.skoots-project")
    taught.open_image()
    view = taught.exercise.view
    assert (view.project, view.lies_there) == ("", True)
    assert "project already" in view.problem
    project.add(taught.images.source()).labels[3:6, 3:6, 3:6] = 9
    assert taught.new_layer().data[4, 4, 4] == 9
    view = taught.exercise.view
    assert (view.project, view.lies_there) == ("cells", False)


def test_a_new_project_goes_where_the_user_says(taught: Taught) -> None:
    taught.open_image()
    with pytest.raises(TrainingError, match="is no name for a project"):
        taught.exercise.set_project_place(taught.folder / "mine")
    place = taught.folder / "deep" / "mine.skoots-project"
    taught.exercise.set_project_place(place)
    assert taught.exercise.view.project_path == str(place)
    taught.new_layer()
    assert taught.exercise.project.path == place


def test_an_image_in_memory_goes_into_the_users_folder(taught: Taught) -> None:
    taught.viewer.add_image(grey(), name="in memory")
    taught.new_layer()
    place = taught.exercise.project.path
    assert place.is_relative_to(taught.folder / "data")
    assert place.name == "in memory.skoots-project"


def test_what_is_painted_is_read_once_as_an_image_joins(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Example] = []
    largest_of = opening.largest_of

    def counted(example: Example) -> int:
        read.append(example)
        return largest_of(example)

    monkeypatch.setattr(opening, "largest_of", counted)
    taught.open_image()
    taught.new_layer()
    assert [example.name for example in read] == ["cells"]


def test_what_becomes_of_a_flat_image_is_said_as_it_joins(taught: Taught) -> None:
    taught.open_image()
    taught.new_layer()
    flat = taught.viewer.add_image(grey(3, SHAPE[1:]), name="flat")
    taught.images.choose(str(flat.unique_id))
    assert taught.noted == []
    layer = taught.new_layer()
    assert layer.data.shape == (1, *SHAPE[1:])
    (said,) = taught.noted
    assert "flat is a flat image: it is taught as a volume of one plane" in said
    assert "This project has volumes too (cells)" in said
    paint(layer, 1, (0, 1), (10, 20), (10, 20))
    taught.exercise.close()
    assert len(taught.noted) == 1


def test_layers_follow_the_image_when_it_is_scaled(taught: Taught) -> None:
    image = taught.open_image()
    layer = taught.new_layer()
    image.scale = (0.1, 0.03, 0.03)
    np.testing.assert_allclose(layer.scale, (0.1, 0.03, 0.03))
    np.testing.assert_allclose(taught.boxes.scale, (0.1, 0.03, 0.03))


def test_a_channel_and_a_time_of_an_image_are_taught(taught: Taught) -> None:
    stack = np.stack([grey(1), grey(2), grey(3), grey(4), grey(5), grey(6)])
    taught.viewer.add_image(stack, name="movie")  # six times
    taught.images.set_time(2)
    layer = taught.new_layer()
    assert layer.data.shape == SHAPE
    paint(layer, 1, (5, 12), (10, 20), (10, 20))
    taught.counted()
    taught.viewer.dims.set_current_step(1, 6)
    taught.draw((5, 25), (5, 25))
    assert taught.exercise.example.boxes == (TaughtBox((4, 5, 5), (13, 26, 26)),)
    taught.images.set_time(3)
    assert taught.counted().layer == ""
    taught.images.set_time(2)
    assert taught.exercise.view.layer == "movie teaching"
    np.testing.assert_array_equal(
        taught.exercise.example.image().read(_whole()), grey(3)
    )


def _whole() -> Any:
    from skoots.volume.tiling import whole  # noqa: PLC0415 - beside its only use

    return whole(SHAPE)


def test_what_is_open_stays_if_a_folder_is_no_project(taught: Taught) -> None:
    taught.open_image()
    layer = taught.new_layer()
    before = taught.exercise.project
    with pytest.raises(TrainingError, match="is no project"):
        taught.exercise.open_project(taught.folder / "none.skoots-project")
    assert taught.exercise.layer is layer
    assert taught.exercise.project is before


@pytest.mark.parametrize("damage", ["record", "gone", "labels"])
def test_an_example_that_is_damaged_is_named_once_and_left_out(
    taught: Taught, damage: str
) -> None:
    one = taught.open_image()
    paint(taught.new_layer(), 4, (5, 12), (10, 20), (10, 20))
    taught.open_image("more", seed=3)
    layer = taught.new_layer()
    paint(layer, 1, (5, 12), (10, 20), (10, 20))
    assert taught.counted().objects == 2
    path = taught.exercise.project.path / "examples" / one.name
    if damage == "record":
        (path / "example.json").write_text("{", encoding="utf-8")
    else:
        shutil.rmtree(path if damage == "gone" else path / "labels.zarr")
    assert taught.exercise.diameter(None) is not None, "it is known without the disk"
    for number in (2, 3):
        paint(layer, number, (5, 12), (30, 40), (10 * number, 10 * number + 8))
        taught.exercise._counting._watching.touch(path, None)
        assert taught.counted().objects == number
    (told,) = taught.told
    assert str(path) in str(told)
    assert taught.exercise.diameter(None) is not None


def test_all_is_stored_although_qt_has_deleted_its_timers(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught.open_image()
    taught.new_layer()
    taught.draw((5, 25), (5, 25))
    example, boxes = taught.exercise.example, taught.boxes
    opened = taught.exercise._open.current
    boxes.selected_data = {0}
    boxes.remove_selected()
    boxes_of = opened.boxes
    stored = (boxes_of._store._stored, opened.skeletons._stored)
    timers = [
        timer
        for part in (boxes_of, boxes_of._in_view, *stored)
        for later in vars(part).values()
        if isinstance(timer := getattr(later, "_timer", later), QTimer)
    ]
    counting = taught.exercise._counting
    timers += [counting._timer, counting._watching._timer._timer]
    assert len(timers) == 6
    for timer in timers:
        delete_in_qt(timer)
    monkeypatch.setattr(counting._watching, "close", _fail)
    with pytest.raises(ZeroDivisionError):
        taught.exercise.close()
    monkeypatch.undo()
    assert Example(example.path).boxes == ()


def _fail() -> None:
    raise ZeroDivisionError


def delete_in_qt(timer: Any) -> None:
    timer.deleteLater()
    QCoreApplication.sendPostedEvents(timer, QEvent.Type.DeferredDelete.value)
    with pytest.raises(RuntimeError):
        timer.isActive()
