"""The dock of ``Train on labels``: the Teach tab alone, and below it how far it is."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from napari_skoots.widgets.job_footer import JobFooter
from napari_skoots.widgets.stacking import stack, take_height
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
        stack(self, self.teach, self.footer)
        take_height(self)
        self.setStyleSheet(PANEL)
        self.setMinimumWidth(_NARROWEST)
