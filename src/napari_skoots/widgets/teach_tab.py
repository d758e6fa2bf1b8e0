"""The tab that teaches: its sections from top to bottom."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_skoots.widgets.question_bar import QuestionBar
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.rule import Rule
from napari_skoots.widgets.scrolling import scrolled
from napari_skoots.widgets.stacking import stack
from napari_skoots.widgets.teach_action import TeachActionSection
from napari_skoots.widgets.teach_comparison import ComparisonSection
from napari_skoots.widgets.teach_how import TeachHowSection
from napari_skoots.widgets.teach_lesson import LessonSection
from napari_skoots.widgets.teach_objects import TeachObjectsSection
from napari_skoots.widgets.teach_source import TeachSourceSection

_SETTLE_MS = 200


class TeachTab(QWidget):
    """Holds the sections and says nothing itself: listen to the sections.

    What is painted and chosen scrolls; comparison, question and the button stand below
    and do not, so that they can always be reached.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = TeachSourceSection()
        self.objects = TeachObjectsSection()
        self.how = TeachHowSection()
        self.lesson = LessonSection()
        self.comparison = ComparisonSection()
        self.question = QuestionBar()
        self.action = TeachActionSection()
        self.question.asking.connect(self._make_room)
        self.comparison.asking.connect(self._make_room)
        self.area = scrolled(self._build_choices())
        self._build_settling()
        stack(self, self.area, self.comparison, self.question, self.action)

    def _make_room(self) -> None:
        """Leave only the buttons of what waits for an answer."""
        asks = self.comparison.waits or not self.question.isHidden()
        self.action.setHidden(asks)
        self.action.set_next(training=self.comparison.isHidden())

    def show_lesson(self) -> None:
        """Bring the curves into view, and keep them there while others find a place."""
        self._settling.start()
        self._scroll_to_lesson()

    def _scroll_to_lesson(self) -> None:
        if self._settling.isActive():
            self.area.ensureWidgetVisible(self.lesson, 0, 2 * GAP)

    def _build_settling(self) -> None:
        """Follow the places of sections for a moment: Qt finds them bit by bit."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLE_MS)
        bar = self.area.verticalScrollBar()
        if bar is not None:
            bar.rangeChanged.connect(self._scroll_to_lesson)

    def _build_choices(self) -> QWidget:
        choices = QWidget()
        column = QVBoxLayout(choices)
        column.setContentsMargins(2 * GAP, 2 * GAP, GAP, 2 * GAP)
        column.setSpacing(2 * GAP)
        column.addWidget(self.source)
        for section in (self.objects, self.how):
            column.addWidget(Rule())
            column.addWidget(section)
        column.addWidget(self.lesson)
        column.addStretch(1)
        return choices
