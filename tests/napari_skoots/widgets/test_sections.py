"""Sections speak when the user acts, show what they are told, and never answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
)

from napari_skoots.state.views import DeviceView, ImageView, ModelView, Where
from napari_skoots.widgets.diameter import Diameter
from napari_skoots.widgets.drop_zone import DropZone
from napari_skoots.widgets.image_section import ImageSection
from napari_skoots.widgets.model_section import ModelSection
from napari_skoots.widgets.number_fields import Number, Whole
from napari_skoots.widgets.output_section import OutputSection
from napari_skoots.widgets.size_section import SizeSection
from napari_skoots.widgets.voxel_section import VoxelSection
from napari_skoots.widgets.where_section import WhereSection

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

STACK = ImageView("TZCYX", (40, 180, 3, 512, 512), "uint16", 3, 1, 40, 7)
PLAIN = ImageView("ZYX", (180, 512, 512), "uint8", path="/data/a.tif")


def named(widget: QWidget, kind: type[Any], name: str) -> Any:
    """The control that a screen reader calls by this name."""
    (found,) = [c for c in widget.findChildren(kind) if c.accessibleName() == name]
    return found


def press(qtbot: Any, widget: QWidget, name: str) -> None:
    qtbot.mouseClick(named(widget, QPushButton, name), Qt.MouseButton.LeftButton)


def write(qtbot: Any, field: QWidget, text: str) -> None:
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined] # of all fields of ours
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def pick(qtbot: Any, box: QComboBox, place: int) -> None:
    """Choose with the keyboard, as a user can."""
    box.setFocus()
    for _ in range(place):
        qtbot.keyClick(box, Qt.Key.Key_Down)


def test_setters_say_nothing(shown: Any, listen: Any) -> None:
    image, voxel, size = shown(ImageSection()), shown(VoxelSection()), SizeSection()
    model, where = shown(ModelSection()), shown(WhereSection())
    shown(size)
    diaries = [listen(each) for each in (image, voxel, size, model, where)]
    image.set_layers([("a", "A"), ("b", "B")], "b")
    for facts in (PLAIN, STACK, None, STACK):
        image.set_facts(facts)
    voxel.set_voxel_size((0.05, 0.01, 0.01), "from the file")
    voxel.set_voxel_size(None, "")
    size.set_diameter(20.0, 32.0)
    size.set_diameter(None, None)
    size.set_ring(True)
    size.set_hint("The model finds objects of 5 to 20 voxels.")
    size.set_offer("They differ.", resample=True)
    size.set_label_layers([("l", "L")])
    model.set_models([ModelView("m", "M"), ModelView("n", "N")], "n")
    model.set_devices([DeviceView("cpu", "Processor")], "cpu")
    where.set_boxes([("s", "Shapes")], "s")
    where.set_where(Where.BOX)
    assert diaries == [[], [], [], [], []]


def test_an_image_layer_is_chosen_with_the_keyboard(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ImageSection())
    section.set_layers([("a", "A"), ("b", "B"), ("c", "C")], "a")
    diary = listen(section)
    pick(qtbot, named(section, QComboBox, "Image"), 1)
    assert diary == [("layer_chosen", ("b",))]


def test_channel_and_time_show_only_where_there_are_such_axes(shown: Any) -> None:
    section = shown(ImageSection())
    channel = named(section, Whole, "Channel")
    time = named(section, Whole, "Time point")
    section.set_facts(PLAIN)
    assert not channel.isVisible()
    assert not time.isVisible()
    section.set_facts(STACK)
    assert channel.isVisible()
    assert (channel.value(), channel.maximum()) == (1, 2)
    assert (time.value(), time.maximum()) == (7, 39)


def test_a_channel_is_told_once_when_it_is_typed(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ImageSection())
    section.set_facts(STACK)
    diary = listen(section)
    write(qtbot, named(section, Whole, "Time point"), "32")
    assert diary == [("time_changed", (32,))]


def test_axes_are_told_in_upper_case_and_only_when_they_differ(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(ImageSection())
    section.set_facts(STACK)
    diary = listen(section)
    axes = named(section, QLineEdit, "Axes")
    write(qtbot, axes, "tczyx")
    write(qtbot, axes, "TCZYX")
    assert diary == [("axes_changed", ("TCZYX",))]


def test_a_problem_of_the_image_is_shown_until_it_is_gone(shown: Any) -> None:
    section = shown(ImageSection())
    section.set_facts(ImageView("YX", (9, 9), "uint8", problem="It has no Z axis."))
    assert any(
        label.text() == "It has no Z axis." and label.isVisible()
        for label in section.findChildren(type(section._problem._text))
    )
    section.set_facts(PLAIN)
    assert not section._problem.isVisible()


def edges(section: VoxelSection) -> list[Number]:
    return [named(section, Number, f"Voxel size along {axis}") for axis in "ZYX"]


def test_small_voxels_are_shown_in_nanometres(shown: Any) -> None:
    section = shown(VoxelSection())
    section.set_voxel_size((0.05, 0.01, 0.0105), "from the file")
    assert [edge.text() for edge in edges(section)] == ["50", "10", "10.5"]


def test_another_unit_keeps_the_size(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(VoxelSection())
    section.set_voxel_size((0.05, 0.01, 0.01), "")
    diary = listen(section)
    press(qtbot, section, "Unit: nm")
    assert [edge.text() for edge in edges(section)] == ["0.05", "0.01", "0.01"]
    press(qtbot, section, "Apply to layer")
    assert diary == [("apply_requested", ((0.05, 0.01, 0.01),))]


def test_a_voxel_size_is_told_in_micrometres_when_all_edges_are_known(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(VoxelSection())
    section.set_voxel_size(None, "not in the file")
    diary = listen(section)
    for edge, text in zip(edges(section), ("50", "10", "10"), strict=True):
        write(qtbot, edge, text)
    ((name, (size,)),) = diary
    assert name == "voxel_size_changed"
    assert size == pytest.approx((0.05, 0.01, 0.01))


def test_apply_says_why_it_cannot_be_pressed(shown: Any) -> None:
    section = shown(VoxelSection())
    apply = named(section, QPushButton, "Apply to layer")
    section.set_voxel_size(None, "")
    assert not apply.isEnabled()
    assert "Type a voxel size" in apply.toolTip()
    section.set_voxel_size((1, 1, 1), "", applied=True)
    assert "has this voxel size" in apply.toolTip()
    section.set_voxel_size((1, 1, 1), "")
    assert apply.isEnabled()
    assert "scale bar" in apply.toolTip()


def test_only_ones_own_models_can_be_removed(qtbot: Any, shown: Any) -> None:
    section = shown(ModelSection())
    ours, mine = ModelView("m", "mito"), ModelView("x", "mine", removable=True)
    section.set_models([ours, mine], "m")
    assert not section._remove.isEnabled()
    pick(qtbot, named(section, QComboBox, "Model"), 1)
    assert section._remove.isEnabled()


def test_a_model_and_a_device_are_chosen(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(ModelSection())
    section.set_models([ModelView("m", "M"), ModelView("n", "N")], "m")
    section.set_devices(
        [DeviceView("cuda:0", "GPU", 10, 20), DeviceView("cpu", "P")], "cpu"
    )
    diary = listen(section)
    pick(qtbot, named(section, QComboBox, "Model"), 1)
    named(section, QComboBox, "Device").setFocus()
    qtbot.keyClick(named(section, QComboBox, "Device"), Qt.Key.Key_Up)
    press(qtbot, section, "About")
    assert diary == [
        ("model_chosen", ("n",)),
        ("device_chosen", ("cuda:0",)),
        ("card_requested", ()),
    ]


def test_a_device_shows_its_free_memory(shown: Any) -> None:
    section = shown(ModelSection())
    section.set_devices([DeviceView("cuda:0", "GPU", int(22.1e9), int(24e9))], "cuda:0")
    box = named(section, QComboBox, "Device")
    assert box.currentText() == "GPU, 22 GB free"
    assert "22 GB of 24 GB" in box.toolTip()


def test_the_command_that_mends_a_gpu_can_be_copied(
    qtbot: Any, shown: Any, qapp: Any
) -> None:
    section = shown(ModelSection())
    section.set_device_problem("PyTorch was built without CUDA.", "pip install torch")
    press(qtbot, section, "Copy command")
    assert qapp.clipboard().text() == "pip install torch"
    section.set_device_problem("", "")
    assert not named(section, QPushButton, "Copy command").isVisible()


def test_slider_and_field_show_one_diameter(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    control = shown(Diameter(), height=40)
    control.set_diameter(40.0, None)
    diary = listen(control)
    qtbot.keyClick(control._slider, Qt.Key.Key_Right)
    ((_, (diameter,)),) = diary
    assert diameter > 40
    assert control._field.value() == pytest.approx(diameter)
    write(qtbot, control._field, "80")
    assert diary[-1] == ("diameter_changed", (80.0,))


def test_a_step_of_the_slider_is_a_constant_factor(qtbot: Any, shown: Any) -> None:
    control = shown(Diameter(), height=40)
    factors = []
    for diameter in (20.0, 200.0):
        control.set_diameter(diameter, None)
        qtbot.keyClick(control._slider, Qt.Key.Key_PageUp)
        factors.append(control._field.value() / diameter)
    assert factors[0] == pytest.approx(factors[1], rel=0.02)


def test_an_emptied_diameter_is_the_models(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(SizeSection())
    section.set_diameter(40.0, 32.0)
    diary = listen(section)
    write(qtbot, named(section, Number, "Object size"), "0")
    assert diary == [("diameter_changed", (None,))]


def test_a_labels_layer_is_measured_from_the_menu(shown: Any, listen: Any) -> None:
    section = shown(SizeSection())
    section.set_label_layers([("a", "one"), ("b", "two")], "b")
    diary = listen(section)
    texts = [action.text() for action in section._menu.actions() if action.text()]
    assert texts == ["Measure in two", "Measure in one", "As the model's"]
    section._menu.actions()[1].trigger()
    assert diary == [("measure_requested", ("a",))]


def test_an_offer_to_resample_comes_and_goes(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(SizeSection())
    box = section._resample
    assert not box.isVisible()
    section.set_offer("Objects are 2 times as large as the model knows.")
    diary = listen(section)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert diary == [("resample_toggled", (True,))]
    section.set_offer("They differ far.", possible=False)
    assert box.isVisible()
    assert not box.isEnabled()
    section.set_offer(None)
    assert not box.isVisible()


def test_where_is_told_and_boxes_show_for_a_box(
    qtbot: Any, shown: Any, listen: Any
) -> None:
    section = shown(WhereSection())
    section.set_boxes([("s", "Shapes"), ("t", "More")], "s")
    boxes = named(section, QComboBox, "Box")
    assert not boxes.isVisible()
    diary = listen(section)
    radio = named(section, QRadioButton, "Segment: Box")
    qtbot.mouseClick(radio, Qt.MouseButton.LeftButton, pos=radio.rect().center())
    assert boxes.isVisible()
    pick(qtbot, boxes, 1)
    assert diary == [("where_changed", ("box",)), ("box_chosen", ("t",))]


def test_a_long_path_is_a_name_with_the_path_in_the_tooltip(shown: Any) -> None:
    section = shown(OutputSection())
    section.set_output("/home/me/very/long/way/cochlea.skoots.zarr", "")
    assert section._path.text() == "cochlea.skoots.zarr"
    assert "/home/me/very/long/way/cochlea.skoots.zarr" in section._path.toolTip()


def test_the_ring_is_toggled(qtbot: Any, shown: Any, listen: Any) -> None:
    section = shown(SizeSection())
    diary = listen(section)
    qtbot.keyClick(named(section, QCheckBox, "Show a ring"), Qt.Key.Key_Space)
    assert diary == [("ring_toggled", (True,))]


def test_what_is_being_typed_is_left_alone_when_nothing_else_is_shown(
    qtbot: Any, shown: Any
) -> None:
    voxel, image = shown(VoxelSection()), shown(ImageSection())
    voxel.set_voxel_size(None, "")
    image.set_facts(STACK)
    first = edges(voxel)[0]
    write(qtbot, first, "50")
    time = named(image, Whole, "Time point")
    time.setFocus()
    time.selectAll()
    qtbot.keyClicks(time, "3")
    voxel.set_voxel_size(None, "not in the file")
    image.set_facts(STACK)
    assert first.value() == 50
    assert time.lineEdit().text() == "3"


def test_a_slider_that_is_dragged_stays_where_it_is(qtbot: Any, shown: Any) -> None:
    control = shown(Diameter(), height=40)
    control.diameter_changed.connect(lambda told: control.set_diameter(told, 32.0))
    for place in range(0, 401, 7):
        control._slider.setValue(place)
        assert control._slider.value() == place


def test_a_list_that_is_open_stays_open_when_it_is_shown_again(
    qtbot: Any, shown: Any
) -> None:
    section = shown(ImageSection())
    section.set_layers([("a", "A"), ("b", "B")], "a")
    box = named(section, QComboBox, "Image")
    box.showPopup()
    box.view().setCurrentIndex(box.model().index(1, 0))
    section.set_layers([("a", "A"), ("b", "B")], "a")
    assert box.view().isVisible()
    assert box.view().currentIndex().row() == 1
    box.hidePopup()


def test_images_dropped_on_the_canvas_are_a_choice(shown: Any, listen: Any) -> None:
    zone = shown(DropZone(), height=40)
    diary = listen(zone)
    zone.set_canvas(True)
    assert diary == []
    folder, canvas = zone.findChildren(QMenu)[0].actions()
    canvas.trigger()
    folder.trigger()
    assert diary == [("canvas_toggled", (False,)), ("folder_requested", ())]
