"""The page that describes a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QDialog, QLabel, QTextBrowser, QVBoxLayout, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.rows import GAP

if TYPE_CHECKING:
    from napari_skoots.state.views import CardView

_SIZE = (560, 600)
_PICTURE_HEIGHT = 220


class CardDialog(QDialog):
    """Markdown with a picture above it.

    Parameters
    ----------
    card : CardView
        What to show.
    parent : QWidget
        Gives the dialog its place and its theme.
    """

    def __init__(self, card: CardView, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(card.title)
        self.resize(*_SIZE)
        column = QVBoxLayout(self)
        column.setSpacing(2 * GAP)
        picture = QPixmap(card.picture) if card.picture else QPixmap()
        if not picture.isNull():
            column.addWidget(_shown(picture, card.title))
        page = QTextBrowser()
        page.setOpenExternalLinks(True)
        page.setMarkdown(card.markdown)
        page.setAccessibleName(f"Description of {card.title}")
        column.addWidget(page, 1)
        close = button("Close", "Close this window.")
        close.clicked.connect(self.close)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _shown(picture: QPixmap, title: str) -> QLabel:
    label = QLabel()
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAccessibleName(f"Example of {title}")
    keep = Qt.AspectRatioMode.KeepAspectRatio
    smooth = Qt.TransformationMode.SmoothTransformation
    width = _SIZE[0] - 40
    label.setPixmap(picture.scaled(width, _PICTURE_HEIGHT, keep, smooth))
    return label
