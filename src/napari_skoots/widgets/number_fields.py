"""Fields for numbers that stay narrow, show no needless zeros and speak when done."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox, QWidget

from napari_skoots.widgets.explain import explain

NARROW = "min-width: 30px; padding: 1px 4px;"
"""napari gives spin boxes 70 pixels and room for buttons that these have not."""


class Number(QDoubleSpinBox):
    """A number with a fraction; the arrow keys change it by a twentieth."""

    def __init__(self, tip: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _settle(self, tip, name)
        self.setDecimals(4)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, v: float) -> str:  # noqa: N802 - Qt's name
        """Write a value without trailing zeros."""
        return f"{v:.6g}"

    def show_value(self, value: float) -> None:
        """Set the value without saying so; the same leaves what is being typed."""
        if value != self.value():
            with QSignalBlocker(self):
                self.setValue(value)


class Whole(QSpinBox):
    """A whole number."""

    def __init__(self, tip: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _settle(self, tip, name)

    def show_value(self, value: int) -> None:
        """Set the value without saying so; the same leaves what is being typed."""
        if value != self.value():
            with QSignalBlocker(self):
                self.setValue(value)


def _settle(box: QAbstractSpinBox, tip: str, name: str) -> None:
    explain(box, tip, name)
    # Only what was typed to its end counts: not the 1 of a 16.
    box.setKeyboardTracking(False)
    box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
    box.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    box.setStyleSheet(NARROW)
    box.setAcceptDrops(False)
