"""A thin line between what scrolls and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

_FAINT = 0.25


class Rule(QWidget):
    """One pixel in the colour of the text, faint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the line."""
        painter = QPainter(self)
        painter.setOpacity(_FAINT)
        painter.fillRect(self.rect(), self.palette().color(self.foregroundRole()))
        painter.end()
