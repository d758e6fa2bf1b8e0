"""The grid of a section: names on the left, controls on the right, all aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from napari_skoots.widgets.style import BAR

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_NAMES = ("Objects", "Channel")
"""The longest names of rows: all sections leave room for them, so that they align.

Which of them is longer depends on the font."""

GAP = 4
"""Pixels between controls."""


MARGINS = (2 * GAP, 2 * GAP, GAP + BAR, 2 * GAP)
"""Around what does not scroll, so that it aligns with what does: left, top..."""


class Section(QWidget):
    """A part of the panel: rows of a name and its controls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: dict[QWidget, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GAP)
        self._grid.setVerticalSpacing(GAP)
        self._grid.setColumnStretch(1, 1)

    def add_row(self, name: str, *controls: QWidget) -> QWidget:
        """Add a row; the first control takes the room that is left.

        Parameters
        ----------
        name : str
            What stands on the left; empty for a further row of the same thing.
        *controls : QWidget
            From left to right.

        Returns
        -------
        QWidget
            What holds the controls, so that the row can be hidden.
        """
        row = self._grid.rowCount()
        field = controls[0] if len(controls) == 1 else side_by_side(controls)
        if name:
            label = _Name(name)
            label.setBuddy(controls[0])
            self._grid.addWidget(label, row, 0)
            self._names[field] = label
        self._grid.addWidget(field, row, 1)
        for control in controls:
            leave_wheel(control)
        return field

    def add_wide(self, *controls: QWidget) -> QWidget:
        """Add a row without a name, over the whole width."""
        field = controls[0] if len(controls) == 1 else side_by_side(controls)
        self._grid.addWidget(field, self._grid.rowCount(), 0, 1, 2)
        return field

    def name_row(self, field: QWidget, name: str) -> None:
        """Give a row that `add_row` made with a name another one."""
        self._names[field].setText(name)

    def show_row(self, field: QWidget, shown: bool) -> None:  # noqa: FBT001 - as Qt's own
        """Show or hide a row that `add_row` made, with its name."""
        field.setVisible(shown)
        if field in self._names:
            self._names[field].setVisible(shown)


class _Name(QLabel):
    """The name of a row, at least as wide as the longest of all."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setIndent(0)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave room for the longest name."""
        hint = super().sizeHint()
        metrics = self.fontMetrics()
        longest = max(metrics.horizontalAdvance(name) for name in LONGEST_NAMES)
        return QSize(max(hint.width(), longest + 2), hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be no narrower either."""
        return self.sizeHint()


def side_by_side(
    controls: Sequence[QWidget], stretch: tuple[int, ...] = (0,)
) -> QWidget:
    """Put controls beside each other.

    Parameters
    ----------
    controls : Sequence of QWidget
        From left to right.
    stretch : tuple of int
        Places of the controls that share the room that is left.

    Returns
    -------
    QWidget
        What holds them.
    """
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(GAP)
    for place, control in enumerate(controls):
        line.addWidget(control, 1 if place in stretch else 0)
    return holder


class _WheelInPassing(QObject):
    """Leaves the wheel to the scroll area while a control has no focus.

    Else scrolling the panel changes every value that comes under the pointer.
    """

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Refuse wheel events of a control that was not clicked."""
        passing = (
            a1 is not None
            and a1.type() == QEvent.Type.Wheel
            and isinstance(a0, QWidget)
            and not a0.hasFocus()
        )
        if passing and a1 is not None:
            a1.ignore()
        return passing


def leave_wheel(control: QWidget) -> None:
    """Make a control, and all in it, leave the wheel to what scrolls unless focused."""
    kinds = (QComboBox, QAbstractSpinBox, QSlider)
    found: list[QWidget] = [control] if isinstance(control, kinds) else []
    found += [child for kind in kinds for child in control.findChildren(kind)]
    for each in found:
        each.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        each.installEventFilter(_WheelInPassing(each))
