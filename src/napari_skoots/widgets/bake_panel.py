"""The dock of ``Bake skeletons``: a form, and below it how far the job is."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_skoots.widgets.bake_form import BakeForm
from napari_skoots.widgets.job_footer import JobFooter
from napari_skoots.widgets.scrolling import scrolled
from napari_skoots.widgets.stacking import stack, take_height


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
        stack(self, scrolled(_at_top(self.form.native)), self.footer)
        take_height(self)


def _at_top(widget: QWidget) -> QWidget:
    """Keep a form together where there is more room than it needs."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    column.addStretch(1)
    return page
