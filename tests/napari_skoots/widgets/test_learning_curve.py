"""The curves of a training: what is drawn, where, and what the tooltip reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QEvent, QPoint
from qtpy.QtGui import QColor, QHelpEvent
from qtpy.QtWidgets import QApplication, QToolTip

from napari_skoots.widgets.curve_scale import highest, nearest, reach, seconds_ticks
from napari_skoots.widgets.learning_curve import _SCORE, HEIGHT, LearningCurve

if TYPE_CHECKING:
    from qtpy.QtGui import QImage

    from skoots.events import Points

LOSS = tuple((float(s), 1.6 - s / 60) for s in range(61))
SCORE = ((0.0, 0.2), (30.0, 0.8), (60.0, 0.6))


@pytest.fixture
def curve(shown: Any) -> LearningCurve:
    made: LearningCurve = shown(LearningCurve(), 300, HEIGHT)
    return made


def blue(image: QImage) -> list[tuple[int, int]]:
    """Pixels below the legend in the colour of the score."""
    wanted = QColor(_SCORE)
    return [
        (x, y)
        for y in range(20, image.height())
        for x in range(image.width())
        if image.pixelColor(x, y) == wanted
    ]


def test_the_score_is_drawn_where_its_scale_says(curve: LearningCurve) -> None:
    assert blue(curve.grab().toImage()) == []
    curve.set_curves(LOSS, SCORE, None, 60.0)
    image, box = curve.grab().toImage(), curve._frame().box
    seen = blue(image)
    ratio = image.width() / curve.width()
    left, top = min(seen)[0], min(y for _, y in seen)
    assert left / ratio == pytest.approx(box.left(), abs=4)
    assert top / ratio == pytest.approx(box.bottom() - 0.8 * box.height(), abs=4)


def test_a_longer_training_leaves_room_for_what_comes(curve: LearningCurve) -> None:
    curve.set_curves((), SCORE, None, 120.0)
    image, box = curve.grab().toImage(), curve._frame().box
    ratio = image.width() / curve.width()
    assert max(blue(image))[0] / ratio == pytest.approx(box.center().x(), abs=4)


def test_values_that_are_no_numbers_leave_the_rest(curve: LearningCurve) -> None:
    loss = ((0.0, 1.5), (1.0, math.nan), (2.0, math.inf), (3.0, 0.5))
    curve.set_curves(loss, (), None, 10.0)
    frame = curve._frame()
    assert frame.loss == 2.0
    assert frame.line(loss, frame.loss).count() == 2
    curve.grab()


def test_the_tooltip_reads_the_curves_where_the_mouse_is(
    curve: LearningCurve, qtbot: Any
) -> None:
    curve.set_curves(LOSS, SCORE, 30.0, 60.0)
    assert curve.best == (30.0, 0.8)
    box = curve._frame().box
    place = QPoint(round(box.left() + box.width() / 4), round(box.center().y()))
    tip = QHelpEvent(QEvent.Type.ToolTip, place, curve.mapToGlobal(place))
    QApplication.sendEvent(curve, tip)
    said = QToolTip.text()
    assert "0:15  loss 1.35" in said
    assert "best at 0:30: F1 0.80" in said
    QToolTip.hideText()


def test_a_screen_reader_hears_the_last_values(curve: LearningCurve) -> None:
    curve.set_curves(LOSS, SCORE, 30.0, 60.0)
    said = curve.accessibleDescription()
    assert "1:00  held-out F1 0.6" in said
    curve.set_curves((), (), None, 60.0)
    assert "loss" in curve.accessibleDescription()


def test_the_first_losses_do_not_press_the_rest_down() -> None:
    values = [400.0, *(1 + 1 / i for i in range(1, 200))]
    assert highest(values) == 2.0


@pytest.mark.parametrize(
    ("end", "ticks"),
    [(10.0, [0, 5, 10]), (60.0, [0, 15, 30, 45, 60]), (300.0, [0, 120, 240])],
)
def test_few_round_times_are_written(end: float, ticks: list[float]) -> None:
    assert seconds_ticks(end) == ticks


def test_a_week_has_few_ticks_too() -> None:
    assert 2 <= len(seconds_ticks(7 * 24 * 3600.0)) <= 6


@pytest.mark.parametrize(
    ("curves", "total", "end"),
    [((), 0.0, 10.0), ((LOSS,), 0.0, 75.0), ((LOSS,), 30.0, 60.0)],
    ids=["nothing", "no end", "over time"],
)
def test_the_axis_reaches_all_that_is_drawn(
    curves: tuple[Points, ...], total: float, end: float
) -> None:
    assert reach(curves, total) == end


def test_no_point_is_nearest_to_anything_where_there_is_none() -> None:
    assert nearest((), 3.0) is None
    assert nearest(SCORE, 40.0) == (30.0, 0.8)
