"""Loss and held-out score over the seconds of a training, drawn as they come."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QHelpEvent, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_skoots.widgets import wording
from napari_skoots.widgets.curve_scale import highest, nearest, reach, seconds_ticks
from napari_skoots.widgets.explain import explain, rich

if TYPE_CHECKING:
    from qtpy.QtGui import QFontMetrics, QPaintEvent

    from skoots.events import Points

HEIGHT = 124
_FAINT, _QUIET = 0.18, 0.75
_SCORE = "#4a86e8"
"""napari's palette has no accent; this one is three times lighter than a dark theme and
three times darker than a light one."""

_DOT, _RING = 2.5, 5.0
_GAP = 4
_TIP = (
    "The line is the loss, the error on what is painted: it should fall. Dots are the "
    "score (F1) on what is held out, which training never sees: it should rise. The "
    "ring is round the best model, which is the one that is kept."
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the axes stand, and what they reach to."""

    box: QRectF
    seconds: float
    loss: float

    def place(self, seconds: float, value: float, top: float) -> QPointF:
        """Give the pixel of a value on a scale from 0 to `top`."""
        x = self.box.left() + self.box.width() * seconds / self.seconds
        return QPointF(x, self.box.bottom() - self.box.height() * value / top)

    def line(self, points: Points, top: float) -> QPolygonF:
        """Give the pixels of a curve, without values that are not finite."""
        known = (p for p in points if math.isfinite(p[1]))
        return QPolygonF([self.place(*point, top) for point in known])


class LearningCurve(QWidget):
    """Draws two curves in the colours of the theme; the tooltip reads them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loss: Points = ()
        self._score: Points = ()
        self._best_at: float | None = None
        self._total = 0.0
        explain(self, _TIP, "Loss and held-out score")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_curves(
        self, loss: Points, score: Points, best_at: float | None, seconds_total: float
    ) -> None:
        """Draw other curves.

        Parameters
        ----------
        loss : Points
            Seconds and the loss.
        score : Points
            Seconds and F1 of what is held out.
        best_at : float or None
            Seconds at which the best model was seen.
        seconds_total : float
            How long it will take; 0 where it goes on until it is stopped.
        """
        shown = (loss, score, best_at, seconds_total)
        if shown == (self._loss, self._score, self._best_at, self._total):
            return
        self._loss, self._score, self._best_at, self._total = shown
        self.setAccessibleDescription(self.read(math.inf) or _TIP)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be low, and as wide as there is room."""
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be no lower."""
        return QSize(120, HEIGHT)

    # ---- reading

    @property
    def best(self) -> tuple[float, float] | None:
        """Seconds and score of the best model."""
        return None if self._best_at is None else nearest(self._score, self._best_at)

    def read(self, seconds: float) -> str:
        """Give what the curves say at a time; empty where there is nothing."""
        lines = []
        for name, points in (("loss", self._loss), ("held-out F1", self._score)):
            last = points[-1] if seconds == math.inf and points else None
            found = last or nearest(points, seconds)
            if found is not None:
                lines.append(f"{wording.clock(found[0])}  {name} {found[1]:.3g}")
        if lines and self.best is not None:
            at, value = self.best
            lines.append(f"best at {wording.clock(at)}: F1 {value:.2f}")
        return "\n".join(lines)

    def event(self, a0: QEvent | None) -> bool:
        """Read the curves where the mouse rests."""
        if isinstance(a0, QHelpEvent) and a0.type() == QEvent.Type.ToolTip:
            frame = self._frame()
            part = (a0.pos().x() - frame.box.left()) / frame.box.width()
            said = self.read(part * frame.seconds) if 0 <= part <= 1 else ""
            QToolTip.showText(a0.globalPos(), rich(said or _TIP), self)
            return True
        return super().event(a0)

    # ---- drawing

    def _frame(self) -> _Frame:
        metrics = self.fontMetrics()
        loss = highest(value for _, value in self._loss)
        zero = metrics.horizontalAdvance(wording.clock(0)) // 2  # under the corner
        texts = (f"{loss:g}", f"{loss / 2:g}")
        left = max(zero, *map(metrics.horizontalAdvance, texts))
        right, line = metrics.horizontalAdvance("0.5"), metrics.height()
        box = QRectF(self.rect()).adjusted(
            left + _GAP, line + _GAP, -right - _GAP, -line - _GAP
        )
        seconds = reach((self._loss, self._score), self._total)
        return _Frame(box, seconds, loss)

    def paintEvent(self, a0: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw axes, curves, legend."""
        frame = self._frame()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(self.foregroundRole())
        self._draw_grid(painter, frame, text)
        self._draw_loss(painter, frame, text)
        self._draw_score(painter, frame, text)
        self._draw_legend(painter, frame, text)
        painter.end()

    def _draw_grid(self, painter: QPainter, frame: _Frame, text: QColor) -> None:
        metrics, box = self.fontMetrics(), frame.box
        painter.setPen(QPen(text, 1))
        for part in (0.0, 0.5, 1.0):
            y = box.bottom() - part * box.height()
            painter.setOpacity(_FAINT)
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setOpacity(_QUIET)
            if part and self._loss:
                _write(painter, metrics, f"{part * frame.loss:g}", box.left(), y, -1)
            if part:  # the zero stands under the corner
                _write(painter, metrics, f"{part:g}", box.right(), y, 1)
        for seconds in seconds_ticks(frame.seconds):
            x = frame.place(seconds, 0, 1).x()
            y = box.bottom() + metrics.height() / 2 + _GAP
            _write(painter, metrics, wording.clock(seconds), x, y, 0)

    def _draw_loss(self, painter: QPainter, frame: _Frame, text: QColor) -> None:
        painter.save()
        painter.setClipRect(frame.box.adjusted(0, -1, 0, 1))
        painter.setOpacity(_QUIET)
        painter.setPen(QPen(text, 1))
        painter.drawPolyline(frame.line(self._loss, frame.loss))
        painter.restore()

    def _draw_score(self, painter: QPainter, frame: _Frame, text: QColor) -> None:
        colour = QColor(_SCORE)
        line = frame.line(self._score, 1.0)
        painter.setOpacity(1.0)
        painter.setPen(QPen(colour, 1.5))
        painter.drawPolyline(line)
        _draw_dots(painter, line, colour)
        if self.best is not None:
            painter.setPen(QPen(text, 1.5))
            painter.drawEllipse(frame.place(*self.best, 1.0), _RING, _RING)

    def _draw_legend(self, painter: QPainter, frame: _Frame, text: QColor) -> None:
        metrics, box = self.fontMetrics(), frame.box
        colour, y = QColor(_SCORE), metrics.height() / 2
        x = box.left() + 4 * _GAP
        painter.setOpacity(_QUIET)
        painter.setPen(QPen(text, 1))
        painter.drawLine(QPointF(box.left(), y), QPointF(x - _GAP, y))
        _write(painter, metrics, "loss", x - _GAP, y, 1)
        score, best = "held-out F1", "best"
        x = box.right() - metrics.horizontalAdvance(score) - _GAP
        _write(painter, metrics, score, x, y, 1)
        painter.setOpacity(1.0)
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x - 4 * _GAP, y), QPointF(x - _GAP, y))
        _draw_dots(painter, QPolygonF([QPointF(x - 2.5 * _GAP, y)]), colour)
        x -= 7 * _GAP + metrics.horizontalAdvance(best)
        painter.setPen(QPen(text, 1.5))
        painter.drawEllipse(QPointF(x - _RING, y), _RING - 1, _RING - 1)
        painter.setOpacity(_QUIET)
        _write(painter, metrics, best, x, y, 1)


def _draw_dots(painter: QPainter, places: QPolygonF, colour: QColor) -> None:
    painter.setBrush(colour)
    for place in range(places.count()):
        painter.drawEllipse(places.at(place), _DOT, _DOT)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _write(
    painter: QPainter, metrics: QFontMetrics, text: str, x: float, y: float, side: int
) -> None:
    """Write a word at the height `y`: left of `x` (-1), in its middle, or right."""
    width = metrics.horizontalAdvance(text)
    left = {-1: x - width - _GAP, 0: x - width / 2, 1: x + _GAP}[side]
    middle = y + (metrics.ascent() - metrics.descent()) / 2
    painter.drawText(QPointF(left, middle), text)
