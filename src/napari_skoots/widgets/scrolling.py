"""What scrolls when there is too little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget

from napari_skoots.widgets.style import BAR

if TYPE_CHECKING:
    from qtpy.QtWidgets import QLayout


def scrolled(content: QWidget) -> QScrollArea:
    """Put something into an area that scrolls up and down, never sideways.

    Parameters
    ----------
    content : QWidget
        Becomes as wide as there is room; has a layout, whose right margin has room for
        the bar while there is none, so that nothing moves sideways when one comes.

    Returns
    -------
    QScrollArea
        Without a frame.
    """
    area = _Upright()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    bar, layout = area.verticalScrollBar(), content.layout()
    if bar is not None and layout is not None:
        bar.installEventFilter(_Gutter(bar, layout))
    return area


class _Upright(QScrollArea):
    """Is never narrower than what it holds, which could not be seen whole else."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be as wide as the content with its bar, and as low as one likes."""
        hint, content = super().minimumSizeHint(), self.widget()
        if content is None:
            return hint
        bar = self.verticalScrollBar()
        beside = BAR if bar is not None and bar.isVisible() else 0
        return QSize(content.minimumSizeHint().width() + beside, hint.height())


class _Gutter(QObject):
    """Gives the room of a hidden scroll bar to the margin beside it."""

    def __init__(self, bar: QWidget, layout: QLayout) -> None:
        super().__init__(bar)
        self._layout = layout
        self._margin = layout.contentsMargins().right()
        self._set_right(self._margin + BAR)

    def _set_right(self, right: int) -> None:
        margins = self._layout.contentsMargins()
        margins.setRight(right)
        self._layout.setContentsMargins(margins)

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow the bar as it comes and goes."""
        if a1 is not None and a1.type() == QEvent.Type.Show:
            self._set_right(self._margin)
        elif a1 is not None and a1.type() == QEvent.Type.Hide:
            self._set_right(self._margin + BAR)
        return super().eventFilter(a0, a1)
