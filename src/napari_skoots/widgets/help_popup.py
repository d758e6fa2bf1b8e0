"""Keys that do something, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import Note

if TYPE_CHECKING:
    from collections.abc import Sequence


class HelpPopup(QDialog):
    """Shortcuts, and a line on what else there is.

    Parameters
    ----------
    shortcuts : Sequence of tuple of str
        The keys and what they do.
    note : str
        A sentence or two under them.
    parent : QWidget
        Gives the dialog its place and its theme.
    """

    def __init__(
        self, shortcuts: Sequence[tuple[str, str]], note: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("SKOOTS: keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(4 * GAP)
        for row, (keys, what) in enumerate(shortcuts):
            pressed = QLabel(keys)
            font = pressed.font()
            font.setBold(True)
            pressed.setFont(font)
            grid.addWidget(pressed, row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(QLabel(what), row, 1)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GAP)
        column.addLayout(grid)
        column.addWidget(Note(note))
        close = button("Close", "Close this window.")
        close.clicked.connect(self.close)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
