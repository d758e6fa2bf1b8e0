"""A form that is built from a section of the settings, closed until it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.rows import GAP, Section, leave_wheel
from napari_skoots.widgets.texts import Line, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from napari_skoots.widgets.setting_fields import SettingField

FIELD_WIDTH = 96


class SettingsForm(Section):
    """Titles, tooltips and bounds come from the model; what differs stands out.

    It is empty until `set_section`, as the settings cost a while to import.
    """

    changed = Signal(dict)
    """What differs from the defaults, by key."""

    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, SettingField] = {}
        self._titles: dict[str, Line] = {}
        self._defaults: dict[str, Any] = {}
        self._build_header()
        self._body = QWidget()
        self._rows = QGridLayout(self._body)
        self._rows.setContentsMargins(2 * GAP, 0, 0, 0)
        self._rows.setVerticalSpacing(GAP)
        self._rows.setColumnStretch(0, 1)
        self._waiting = Note("Loading…")
        self._rows.addWidget(self._waiting, 0, 0, 1, 2)
        self.add_wide(self._body)
        self.set_open(False)
        self._mark()

    def _build_header(self) -> None:
        self._toggle = QToolButton()
        self._toggle.setText("Advanced")
        self._toggle.setCheckable(True)
        self._toggle.setAutoRaise(True)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        explain(self._toggle, "Thresholds, tiles and all other settings.", "Advanced")
        self._toggle.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        )
        self._toggle.clicked.connect(self.set_open)
        self._reset = button("Reset", "Take the values that come with the model again.")
        tell(self._reset, self.reset_requested)
        self.add_wide(self._toggle, self._reset)

    def set_open(self, opened: bool) -> None:  # noqa: FBT001 - takes a signal
        """Show the settings, or hide them."""
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self._toggle.setArrowType(arrow)
        self._toggle.setChecked(opened)
        self._body.setVisible(opened)
        self._reset.setVisible(opened)

    def set_section(self, section: type[BaseModel]) -> None:
        """Build a control for every setting of a section.

        Parameters
        ----------
        section : type of BaseModel
            Such as `InferenceConfig`; its defaults are shown.
        """
        from napari_skoots.widgets.setting_fields import (  # noqa: PLC0415 - pydantic
            field_for,
        )

        self._waiting.hide()
        for name, field in section.model_fields.items():
            made = field_for(name, field, self._on_changed)
            title = Line()
            title.set_text(field.title or name, field.description or "")
            title.setBuddy(made.widget)
            made.widget.setFixedWidth(FIELD_WIDTH)
            leave_wheel(made.widget)
            row = self._rows.rowCount()
            self._rows.addWidget(title, row, 0)
            self._rows.addWidget(made.widget, row, 1)
            self._fields[name], self._titles[name] = made, title
        self.set_values({name: f.default for name, f in section.model_fields.items()})

    def set_values(
        self, defaults: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
    ) -> None:
        """Show values.

        Parameters
        ----------
        defaults : Mapping from str to object
            Those of the model, for some or all settings; the rest stays.
        overrides : Mapping from str to object, optional
            Those that the user has changed.
        """
        self._defaults |= {
            name: value for name, value in defaults.items() if name in self._fields
        }
        shown = {**self._defaults, **(overrides or {})}
        for name, field in self._fields.items():
            field.show(shown[name])
        self._mark()

    def values(self) -> dict[str, Any]:
        """Give what differs from the defaults, by key."""
        now = {name: field.value() for name, field in self._fields.items()}
        return {k: value for k, value in now.items() if value != self._defaults[k]}

    def _on_changed(self) -> None:
        self._mark()
        self.changed.emit(self.values())

    def _mark(self) -> None:
        changed = self.values()
        for name, title in self._titles.items():
            font = title.font()
            font.setBold(name in changed)
            title.setFont(font)
        count = f" ({len(changed)} changed)" if changed else ""
        self._toggle.setText(f"Advanced{count}")
        allow(self._reset, None if changed else "All settings are the model's own.")
