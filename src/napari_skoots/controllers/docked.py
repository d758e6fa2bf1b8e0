"""What ties a panel to the rest, as long as the panel is docked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


class Docked(QObject):
    """Lives as long as its panel, and notices when that is painted and closed.

    Parameters
    ----------
    panel : QWidget
        Owns this.
    """

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._docked = panel
        self._painted = False
        panel.installEventFilter(self)
        # a window that is closed destroys its panel without any other word
        panel.destroyed.connect(lambda: self.release())  # noqa: PLW0108 - held by it

    def begin(self) -> None:
        """Do what waits for the first paint."""

    def release(self) -> None:
        """Listen no more: the panel is closed."""

    def eventFilter(  # noqa: N802 - Qt's name
        self, watched: QObject | None, event: QEvent | None
    ) -> bool:
        """Notice that the panel is painted, and that its dock was closed.

        A widget whose dock was closed is told no more than that it has no parent.
        """
        kind = None if event is None else event.type()
        if kind == QEvent.Type.Paint and not self._painted:
            self._painted = True
            self.begin()
        if kind == QEvent.Type.ParentChange and self._docked.parent() is None:
            self.release()
        return super().eventFilter(watched, event)
