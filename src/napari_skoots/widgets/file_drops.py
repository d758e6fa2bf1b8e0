"""Files that are dragged onto a widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from qtpy.QtCore import QEvent, QObject, Signal

if TYPE_CHECKING:
    from qtpy.QtGui import QDropEvent
    from qtpy.QtWidgets import QWidget


class FileDrops(QObject):
    """Makes a widget, with all that lies in it, a place to drop files on.

    Parameters
    ----------
    target : QWidget
        Owns this object.
    """

    files_dropped = Signal(list)
    """Paths, list of Path."""

    hovered = Signal(bool)
    """Whether files are being dragged over the target."""

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Take drags of files; leave all else alone."""
        if a1 is None:
            return super().eventFilter(a0, a1)
        kind = a1.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return self._take(cast("QDropEvent", a1))
        if kind == QEvent.Type.DragLeave:
            self.hovered.emit(False)
        return super().eventFilter(a0, a1)

    def _take(self, event: QDropEvent) -> bool:
        paths = _paths(event)
        if not paths:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.DragEnter:
            self.hovered.emit(True)
        if event.type() == QEvent.Type.Drop:
            self.hovered.emit(False)
            self.files_dropped.emit(paths)
        return True


def _paths(event: QDropEvent) -> list[Path]:
    data = event.mimeData()
    if data is None or not data.hasUrls():
        return []
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
