"""The dock of ``Bake skeletons``: a form, and below it how far the job is."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_skoots.widgets.bake_form import BakeForm
from napari_skoots.widgets.job_footer import JobFooter
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.scrolling import scrolled


class BakePanel(QWidget):
    """A form that scrolls, and a footer that does not.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = BakeForm()
        self.footer = JobFooter()
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(2 * GAP, GAP, 2 * GAP, 2 * GAP)
        inner.addWidget(self.footer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scrolled(_at_top(self.form.native)), 1)
        column.addWidget(below)
        # napari gives what is not expanding no more height than it needs
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)


def _at_top(widget: QWidget) -> QWidget:
    """Keep a form together where there is more room than it needs."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    column.addStretch(1)
    return page
