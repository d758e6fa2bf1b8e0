"""How a result was made, to read and to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from napari_skoots.widgets.buttons import CopyButton, button
from napari_skoots.widgets.rows import GAP, side_by_side
from napari_skoots.widgets.scrolling import scrolled
from napari_skoots.widgets.texts import Note

if TYPE_CHECKING:
    from napari_skoots.state.views import ReceiptView

_SIZE = (440, 420)


class ReceiptDialog(QDialog):
    """Rows of facts, and buttons that copy them for a lab book, a shell or Python.

    Parameters
    ----------
    receipt : ReceiptView
        What to show.
    parent : QWidget
        Gives the dialog its place and its theme.
    """

    def __init__(self, receipt: ReceiptView, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("How this was made")
        self.resize(*_SIZE)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GAP)
        column.addWidget(scrolled(_facts(receipt)), 1)
        column.addWidget(Note("Copy, to do the same again or to write it down:"))
        buttons: list[QWidget] = []
        for text, tip, copied in (
            ("As text", "For a lab book or the methods.", receipt.text),
            ("As command line", "For a terminal.", receipt.command_line),
            ("As Python", "For a script or a notebook.", receipt.python),
        ):
            copy = CopyButton(text, tip)
            copy.set_copied(copied)
            buttons.append(copy)
        close = button("Close", "Close this window.")
        close.clicked.connect(self.close)
        column.addWidget(side_by_side([*buttons, close], (0, 1, 2)))


def _facts(receipt: ReceiptView) -> QWidget:
    table = QWidget()
    grid = QGridLayout(table)
    grid.setColumnStretch(1, 1)
    grid.setHorizontalSpacing(3 * GAP)
    selectable = Qt.TextInteractionFlag.TextSelectableByMouse
    top = Qt.AlignmentFlag.AlignTop
    for row, (name, value) in enumerate(receipt.rows):
        says = QLabel(value)
        says.setTextFormat(Qt.TextFormat.PlainText)
        says.setWordWrap(True)
        says.setTextInteractionFlags(selectable)
        grid.addWidget(QLabel(name), row, 0, top)
        grid.addWidget(says, row, 1, top)
    grid.setRowStretch(len(receipt.rows), 1)
    return table
