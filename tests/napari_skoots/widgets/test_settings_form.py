"""The form shows every setting within its bounds, and tells what differs."""

from __future__ import annotations

from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPushButton

from napari_skoots.widgets.number_fields import Number, Whole
from napari_skoots.widgets.settings_form import SettingsForm
from skoots.config.inference import InferenceConfig

DEFAULTS = InferenceConfig().model_dump()
FIELDS = (QCheckBox, QComboBox, QLineEdit, Number, Whole)


@pytest.fixture
def form(shown: Any) -> SettingsForm:
    made: SettingsForm = shown(SettingsForm())
    made.set_section(InferenceConfig)
    made.set_open(True)
    return made


def control(form: SettingsForm, key: str) -> Any:
    title = InferenceConfig.model_fields[key].title
    kinds = [k for kind in FIELDS for k in form.findChildren(kind)]
    (found,) = {k for k in kinds if k.accessibleName() == title}
    return found


def write(qtbot: Any, field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_every_setting_has_a_control_with_its_description(form: SettingsForm) -> None:
    for key, field in InferenceConfig.model_fields.items():
        assert control(form, key).accessibleDescription() == field.description


def test_defaults_are_no_overrides(form: SettingsForm) -> None:
    assert form.values() == {}
    assert {k: f.value() for k, f in form._fields.items()} == DEFAULTS


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("PROBABILITY_THRESHOLD", "0.35", 0.35),
        ("HOPS", "5", 5),
        ("CORE", "16 256 256", (16, 256, 256)),
        ("HALO", "8x24x24", (8, 24, 24)),
    ],
)
def test_what_is_typed_is_told_with_its_key(
    qtbot: Any, form: SettingsForm, listen: Any, key: str, text: str, value: object
) -> None:
    diary = listen(form)
    write(qtbot, control(form, key), text)
    assert diary == [("changed", ({key: value},))]
    InferenceConfig(**form.values())


def test_flags_and_choices_are_told(
    qtbot: Any, form: SettingsForm, listen: Any
) -> None:
    diary = listen(form)
    qtbot.keyClick(control(form, "FIRST_HIT"), Qt.Key.Key_Space)
    qtbot.keyClick(control(form, "CONNECTIVITY"), Qt.Key.Key_Down)
    assert diary[-1] == ("changed", ({"FIRST_HIT": True, "CONNECTIVITY": 18},))


@pytest.mark.parametrize("text", ["16 256", "16 256 none", "1 -2 3"])
def test_extents_that_are_none_change_nothing(
    qtbot: Any, form: SettingsForm, listen: Any, text: str
) -> None:
    diary = listen(form)
    write(qtbot, control(form, "CORE"), text)
    assert diary == []
    assert control(form, "CORE").text() == ""


def test_emptied_extents_are_automatic_again(
    qtbot: Any, form: SettingsForm, listen: Any
) -> None:
    form.set_values({}, {"CORE": (16, 256, 256)})
    diary = listen(form)
    write(qtbot, control(form, "CORE"), " ")
    assert diary == [("changed", ({},))]


@pytest.mark.parametrize("text", ["0", "1", "0.00001", "7"])
def test_numbers_stay_within_the_bounds_of_the_model(
    qtbot: Any, form: SettingsForm, text: str
) -> None:
    write(qtbot, control(form, "PROBABILITY_THRESHOLD"), text)
    InferenceConfig(**form.values())


def test_values_of_the_model_are_the_new_defaults(
    form: SettingsForm, listen: Any
) -> None:
    diary = listen(form)
    form.set_values({"HOPS": 5, "CORE": (96, 256, 256)}, {"GROW": 16})
    assert form.values() == {"GROW": 16}
    assert control(form, "HOPS").value() == 5
    assert control(form, "CORE").text() == "96×256×256"
    assert diary == []


def test_what_differs_stands_out_and_can_be_reset(
    qtbot: Any, form: SettingsForm, listen: Any
) -> None:
    (reset,) = form.findChildren(QPushButton)
    assert not reset.isEnabled()
    write(qtbot, control(form, "HOPS"), "9")
    assert form._titles["HOPS"].font().bold()
    assert not form._titles["GROW"].font().bold()
    diary = listen(form)
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert diary == [("reset_requested", ())]


def test_it_is_closed_until_it_is_opened(qtbot: Any, shown: Any) -> None:
    form = shown(SettingsForm())
    form.set_section(InferenceConfig)
    assert not control(form, "HOPS").isVisible()
    qtbot.keyClick(form._toggle, Qt.Key.Key_Space)
    assert control(form, "HOPS").isVisible()
