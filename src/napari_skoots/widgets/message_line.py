"""A message in its place: a picture for how serious, the text, the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QStyle,
    QWidget,
)

from napari_skoots.state.views import Level
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import wrapped

if TYPE_CHECKING:
    from napari_skoots.state.views import MessageView

_PICTURES = {
    Level.INFO: QStyle.StandardPixmap.SP_MessageBoxInformation,
    Level.WARNING: QStyle.StandardPixmap.SP_MessageBoxWarning,
    Level.ERROR: QStyle.StandardPixmap.SP_MessageBoxCritical,
}
PICTURE = 16
"""Edge of the picture, in pixels."""


class MessageLine(QWidget):
    """Shows a message and what can be done; hidden while there is none.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    calm : bool
        Whether mere information goes without a picture.
    """

    def __init__(self, parent: QWidget | None = None, *, calm: bool = False) -> None:
        super().__init__(parent)
        self._calm = calm
        self._picture = QLabel()
        self._picture.setFixedWidth(PICTURE + 2)
        self._text, self._remedy = wrapped(), wrapped()
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(GAP)
        self._build()
        self.show_message(None)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._picture, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._text, 0, 1)
        grid.addWidget(self._remedy, 1, 1)
        grid.addLayout(self._buttons, 2, 1)
        grid.setRowStretch(3, 1)

    def add_button(self, button: QWidget) -> None:
        """Add a button under the words."""
        self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_message(self, message: MessageView | None) -> None:
        """Show a message, or nothing."""
        self.setVisible(message is not None)
        if message is None:
            return
        self._picture.setVisible(not (self._calm and message.level is Level.INFO))
        style = self.style()
        if style is not None:
            icon = style.standardIcon(_PICTURES[message.level])
            self._picture.setPixmap(icon.pixmap(PICTURE, PICTURE))
        self._picture.setAccessibleName(message.level.value)
        self._text.setText(message.text)
        self._remedy.setText(message.remedy)
        self._remedy.setVisible(bool(message.remedy))
        self.setAccessibleName(f"{message.text} {message.remedy}".strip())
