"""A diameter by slider and by number."""

from __future__ import annotations

from math import exp, log

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.number_fields import Number
from napari_skoots.widgets.rows import GAP

SMALLEST, LARGEST = 2.0, 500.0
_STEPS = 400
_SAME = 0.05
_WIDTH = 88


class Diameter(QWidget):
    """A logarithmic slider and a field that say the same.

    None is a value of its own: nobody has said how large the objects are.
    """

    diameter_changed = Signal(object)
    """A float, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(_STEPS // 20)
        tip = (
            "How large typical objects are: across a ball of the same volume. Drag "
            "until the ring fits one."
        )
        explain(self._slider, tip, "Object size, slider")
        self._slider.valueChanged.connect(self._on_slid)
        self._field = Number(tip, "Object size")
        self._field.setRange(0, 10 * LARGEST)
        self._field.setSpecialValueText("as model")
        self._field.setDecimals(1)
        self._field.setFixedWidth(_WIDTH)
        self._field.valueChanged.connect(self._on_typed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2 * GAP)
        line.addWidget(self._slider, 1)
        line.addWidget(self._field)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_diameter(self, diameter: float | None, like: float | None) -> None:
        """Show a diameter.

        Parameters
        ----------
        diameter : float or None
            None where nobody has said.
        like : float or None
            Where the slider rests meanwhile: the size that the model knows.
        """
        shown = 0.0 if diameter is None else diameter
        # A slider that is being dragged is not moved: it stands for what it has told.
        if diameter is not None and abs(shown - self._field.value()) < _SAME:
            return
        self._field.show_value(shown)
        rest = diameter if diameter is not None else like
        with QSignalBlocker(self._slider):
            self._slider.setValue(_place(rest or 10 * SMALLEST))

    def set_unit(self, unit: str) -> None:
        """Say what it is measured in."""
        self._field.setSuffix(f" {unit}" if unit else "")

    def _on_slid(self, place: int) -> None:
        diameter = round(SMALLEST * exp(place / _STEPS * log(LARGEST / SMALLEST)), 1)
        self._field.show_value(diameter)
        self.diameter_changed.emit(diameter)

    def _on_typed(self, diameter: float) -> None:
        known = diameter > 0
        if known:
            with QSignalBlocker(self._slider):
                self._slider.setValue(_place(diameter))
        self.diameter_changed.emit(diameter if known else None)


def _place(diameter: float) -> int:
    inside = min(max(diameter, SMALLEST), LARGEST)
    return round(_STEPS * log(inside / SMALLEST) / log(LARGEST / SMALLEST))
