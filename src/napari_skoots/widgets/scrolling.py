"""What scrolls when there is too little room."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget


def scrolled(content: QWidget, *, steady: bool = True) -> QScrollArea:
    """Put something into an area that scrolls up and down, never sideways.

    Parameters
    ----------
    content : QWidget
        Becomes as wide as there is room.
    steady : bool
        Whether the bar has its room also while there is nothing to scroll.

    Returns
    -------
    QScrollArea
        Without a frame.
    """
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    # So that nothing moves sideways when the content grows; the style draws nothing
    # while there is nothing to scroll.
    if steady:
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
