"""The dock of ``Train on labels``: the Teach tab alone, and below it how far it is."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_skoots.widgets.job_footer import JobFooter
from napari_skoots.widgets.rows import MARGINS
from napari_skoots.widgets.rule import Rule
from napari_skoots.widgets.style import PANEL
from napari_skoots.widgets.teach_tab import TeachTab

_NARROWEST = 300
"""Pixels: where there are no tabs beside it, nothing else keeps its names readable."""


class TeachPanel(QWidget):
    """What teaches, and a footer that does not scroll.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.teach = TeachTab()
        self.footer = JobFooter()
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(*MARGINS)
        inner.addWidget(self.footer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.teach, 1)
        column.addWidget(Rule())
        column.addWidget(below)
        self.setStyleSheet(PANEL)
        self.setMinimumWidth(_NARROWEST)
        # napari gives what is not expanding no more height than it needs
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
