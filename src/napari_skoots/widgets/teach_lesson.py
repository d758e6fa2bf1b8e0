"""A training as it goes: how far it is, its curves, and what to beware of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets import wording
from napari_skoots.widgets.learning_curve import LearningCurve
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import GAP, side_by_side
from napari_skoots.widgets.texts import Line, right_aligned

if TYPE_CHECKING:
    from napari_skoots.state.teaching import LessonView


class LessonSection(QWidget):
    """Shows the training that runs, or the last one; hidden while there was none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._far = Line()
        self._best = right_aligned(quiet=True)
        self.curve = LearningCurve()
        self.curve.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._alarm = MessageLine()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(side_by_side((self._far, self._best)))
        column.addWidget(self.curve)
        column.addWidget(self._alarm)
        self.set_lesson(None)

    def set_lesson(self, lesson: LessonView | None) -> None:
        """Show a training.

        Parameters
        ----------
        lesson : LessonView or None
            None where there was none.
        """
        self.setVisible(lesson is not None)
        if lesson is None:
            return
        self._far.set_text(far_text(lesson), _tip(lesson))
        self.curve.set_curves(
            lesson.loss, lesson.score, lesson.best_at, lesson.seconds_total
        )
        best = self.curve.best
        self._best.set_text("" if best is None else f"best F1 {best[1]:.2f}")
        message = MessageView(lesson.alarm, level=Level.WARNING)
        self._alarm.show_message(message if lesson.alarm else None)


def far_text(lesson: LessonView) -> str:
    """Say in a few words how far a training is.

    Parameters
    ----------
    lesson : LessonView
        One that runs or has ended.

    Examples
    --------
    >>> from napari_skoots.state.teaching import LessonView
    >>> far_text(LessonView(running=True, seconds=43, seconds_total=60, step=1204))
    '0:43 of 1:00, 1,204 steps'
    """
    if lesson.running and lesson.preparing:
        return lesson.preparing
    clock = wording.clock(lesson.seconds)
    if lesson.running and lesson.seconds_total:
        clock = f"{clock} of {wording.clock(lesson.seconds_total)}"
    steps = wording.counted(lesson.step, "step")
    return f"{clock}, {steps}" if lesson.running else f"Trained {clock}, {steps}"


def _tip(lesson: LessonView) -> str:
    if lesson.unassigned is None:
        return ""
    return (
        f"{lesson.unassigned:.0%} of the foreground that was predicted belongs to no "
        "object."
    )
