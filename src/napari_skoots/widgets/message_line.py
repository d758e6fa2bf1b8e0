"""A message in its place: a picture for how serious, the text, the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from napari_skoots.state.views import Level
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import Note

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
    """Shows a message and what can be done; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setFixedWidth(PICTURE + 2)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._remedy = Note()
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse
        self._text.setTextInteractionFlags(selectable)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(GAP)
        self._build()
        self.show_message(None)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._text)
        words.addWidget(self._remedy)
        words.addLayout(self._buttons)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        line.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)

    def add_button(self, button: QWidget) -> None:
        """Add a button under the words."""
        self._buttons.addWidget(button)

    def show_message(self, message: MessageView | None) -> None:
        """Show a message, or nothing."""
        self.setVisible(message is not None)
        if message is None:
            return
        style = self.style()
        if style is not None:
            icon = style.standardIcon(_PICTURES[message.level])
            self._picture.setPixmap(icon.pixmap(PICTURE, PICTURE))
        self._picture.setAccessibleName(message.level.value)
        self._text.setText(message.text)
        self._remedy.setText(message.remedy)
        self._remedy.setVisible(bool(message.remedy))
        self.setAccessibleName(f"{message.text} {message.remedy}".strip())
