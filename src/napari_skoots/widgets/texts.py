"""Labels that stay in their place: one line that is elided, and wrapped small print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

from napari_skoots.widgets.explain import rich

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

QUIET = 0.75
"""Opacity of small print: it follows the theme, whatever its colours."""


class Line(QLabel):
    """One line of text that is elided where it is too long; the tooltip has it whole.

    Parameters
    ----------
    elide : Qt.TextElideMode
        Where the dots go; the middle suits paths.
    quiet : bool
        Whether it is small print.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        quiet: bool = False,
    ) -> None:
        super().__init__(parent)
        self._elide = elide
        self._opacity = QUIET if quiet else 1.0
        self._tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str, tip: str = "") -> None:
        """Show a text; `tip` is added to it in the tooltip."""
        self._tip = tip
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(rich("\n".join(part for part in (text, tip) if part)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Give a size that never widens the panel."""
        return QSize(20, super().minimumSizeHint().height())

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: N802 - Qt's
        """Draw the text, elided."""
        inside = self.contentsRect()
        metrics = self.fontMetrics()
        text = metrics.elidedText(self.text(), self._elide, inside.width())
        _draw(self, inside, text, self._opacity)


class Note(QLabel):
    """Small print that wraps."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        _wrap(self)

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: N802 - Qt's
        """Draw the text, quietly."""
        _draw(self, self.contentsRect(), self.text(), QUIET, wrap=True)


def _draw(
    label: QLabel, inside: QRect, text: str, opacity: float, *, wrap: bool = False
) -> None:
    flags = int(label.alignment().value)
    if wrap:
        flags |= int(Qt.TextFlag.TextWordWrap.value)
    style = label.style()
    if style is None:
        return
    painter = QPainter(label)
    painter.setOpacity(opacity)
    palette, role = label.palette(), label.foregroundRole()
    style.drawItemText(painter, inside, flags, palette, label.isEnabled(), text, role)
    painter.end()


def wrapped(text: str = "") -> QLabel:
    """Make a text that wraps, never widens the panel, and can be selected."""
    label = QLabel(text)
    _wrap(label)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _wrap(label: QLabel) -> None:
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)


def right_aligned(*, quiet: bool = False) -> Line:
    """Make a line whose text ends at its right edge, for numbers."""
    line = Line(quiet=quiet)
    line.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    line.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return line
