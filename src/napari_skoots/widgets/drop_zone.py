"""The place that says what can be dropped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.file_drops import FileDrops
from napari_skoots.widgets.rows import GAP

if TYPE_CHECKING:
    from qtpy.QtCore import SignalInstance

_IDLE, _HOVERED = 0.35, 1.0


class DropZone(QWidget):
    """Takes files that are dropped on it, and has a button for those who rather look.

    It lights up while files are dragged over it, or over what contains it.
    """

    files_dropped = Signal(list)
    """Paths, list of Path."""

    browse_requested = Signal()
    folder_requested = Signal()
    canvas_toggled = Signal(bool)
    """Whether images that are dropped on the canvas are segmented too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hovered = False
        text = QLabel("Drop image, model or run")
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        browse = button("Open ▾", "Choose an image, a model file or a run folder.")
        browse.setMenu(self._build_menu(browse))
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GAP, GAP, GAP, GAP)
        line.addWidget(text, 1)
        line.addWidget(browse)
        explain(
            self,
            "TIFF and OME-Zarr images open lazily, with their voxel size. Model files "
            "(.skoots, .trch) are checked and loaded. Run folders (.skoots.zarr) are "
            "reopened.",
            "Place to drop files",
        )
        drops = FileDrops(self)
        drops.files_dropped.connect(self.files_dropped)
        drops.hovered.connect(self.set_hovered)

    def _build_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        for text, signal in (
            ("Files: TIFF, models…", self.browse_requested),
            ("Folder: OME-Zarr, run…", self.folder_requested),
        ):
            action = QAction(text, menu)
            action.triggered.connect(partial(_tell, signal))
            menu.addAction(action)
        menu.addSeparator()
        self._canvas = QAction("Segment dropped images", menu)
        self._canvas.setCheckable(True)
        self._canvas.setToolTip(
            "Images that are dropped on napari's canvas are chosen here, with the "
            "voxel size of their file."
        )
        self._canvas.triggered.connect(self.canvas_toggled)
        menu.addAction(self._canvas)
        return menu

    def set_canvas(self, chosen: bool) -> None:  # noqa: FBT001 - as Qt's own
        """Say whether images that are dropped on the canvas are segmented too."""
        self._canvas.setChecked(chosen)

    def set_hovered(self, hovered: bool) -> None:  # noqa: FBT001 - takes a signal
        """Light up, or stop."""
        self._hovered = hovered
        self.update()

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw a dashed frame in the colour of the text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(_HOVERED if self._hovered else _IDLE)
        pen = QPen(self.palette().color(self.foregroundRole()))
        pen.setStyle(Qt.PenStyle.DashLine)
        pen.setWidth(2 if self._hovered else 1)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 4, 4)
        painter.end()


def _tell(signal: SignalInstance, *_checked: bool) -> None:
    signal.emit()
