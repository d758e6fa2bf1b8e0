"""The whole panel: tabs that scroll, and a footer that does not."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QTabWidget, QWidget

from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.file_drops import FileDrops
from napari_skoots.widgets.job_footer import JobFooter
from napari_skoots.widgets.segment_tab import SegmentTab
from napari_skoots.widgets.stacking import stack, take_height
from napari_skoots.widgets.style import PANEL
from napari_skoots.widgets.teach_tab import TeachTab


class SkootsPanel(QWidget):
    """Tabs above, the job below. Files may be dropped anywhere on it.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    """

    files_dropped = Signal(list)
    """Paths, list of Path; from the drop zone and from anywhere else."""

    help_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.segment = SegmentTab()
        self.teach = TeachTab()
        self.footer = JobFooter()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.segment, "Segment")
        self.tabs.addTab(self.teach, "Teach")
        self._help = button("?", "Keys that do something.", "Help")
        tell(self._help, self.help_requested)
        self.tabs.setCornerWidget(self._help, Qt.Corner.TopRightCorner)
        stack(self, self.tabs, self.footer)
        take_height(self)
        self._build_drops()
        self.setStyleSheet(PANEL)

    def _build_drops(self) -> None:
        drops = FileDrops(self)
        drops.files_dropped.connect(self.files_dropped)
        drops.hovered.connect(self.segment.drop_zone.set_hovered)
        self.segment.drop_zone.files_dropped.connect(self.files_dropped)
