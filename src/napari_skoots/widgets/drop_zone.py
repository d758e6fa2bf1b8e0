"""The place that says what can be dropped."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.file_drops import FileDrops
from napari_skoots.widgets.rows import GAP

_IDLE, _HOVERED = 0.35, 1.0


class DropZone(QWidget):
    """Takes files that are dropped on it, and has a button for those who rather look.

    It lights up while files are dragged over it, or over what contains it.
    """

    files_dropped = Signal(list)
    """Paths, list of Path."""

    browse_requested = Signal()
    folder_requested = Signal()
    """A run folder shall be looked for; file dialogs find files or folders, not both.
    """

    canvas_toggled = Signal(bool)
    """Whether images that are dropped on the canvas are chosen, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hovered = False
        text = QLabel("Drop image or model")
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        browse = button("Browse…", "Choose an image, a model file or a run folder.")
        tell(browse, self.browse_requested)
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GAP, GAP, GAP, GAP)
        line.addWidget(text, 1)
        line.addWidget(browse)
        line.addWidget(self._build_more())
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

    def _build_more(self) -> QPushButton:
        more = button("▾", "Open a run, or how drops are treated.", "More about drops")
        menu = QMenu(more)
        folder = QAction("Open a run folder…", menu)
        folder.triggered.connect(self._on_folder)
        self._canvas = QAction("Segment dropped images", menu)
        self._canvas.setCheckable(True)
        self._canvas.triggered.connect(self.canvas_toggled)
        for action in (folder, self._canvas):
            menu.addAction(action)
        more.setMenu(menu)
        return more

    def _on_folder(self) -> None:
        self.folder_requested.emit()

    def set_canvas(self, chosen: bool) -> None:  # noqa: FBT001 - as Qt's own
        """Say whether images that are dropped on the canvas are chosen."""
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
