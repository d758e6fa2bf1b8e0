"""The line of jobs under the tabs: it never scrolls and is always as high."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_skoots.state.views import JobState, MessageView
from napari_skoots.widgets.buttons import CopyButton, button
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.job_progress import JobProgress
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.scrolling import scrolled
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from napari_skoots.state.views import JobView

_ENDINGS = {
    JobState.CANCELLED: "cancelled",
    JobState.FAILED: "failed",
    JobState.DONE: "done",
}

LINES = 6
"""Lines of a message that can be read without scrolling."""


class JobFooter(QWidget):
    """Shows one job, or a message; its height never changes."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job: JobView | None = None
        self._title = Line()
        self._build_buttons()
        self._progress = JobProgress()
        self._message = MessageLine(calm=True)
        self._details = CopyButton(
            "Copy details", "Copy what happened, for a report to the developers."
        )
        self._pages = QStackedWidget()
        self._told = scrolled(self._message)
        for page in (self._progress, self._told):
            self._pages.addWidget(page)
        self._build_layout()
        self.show_job(None)

    def _build_buttons(self) -> None:
        self._pause = button("Pause", "Wait; what is done stays.")
        self._pause.clicked.connect(self._on_pause)
        self._cancel = button("Cancel", "Stop.")
        self._cancel.clicked.connect(self._on_cancel)

    def _build_layout(self) -> None:
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(GAP)
        head.addWidget(self._title, 1)
        head.addWidget(self._details)
        head.addWidget(self._pause)
        head.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._head)
        column.addWidget(self._pages)
        # As high as the bar and its lines: a longer message scrolls in this room.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def event(self, a0: QEvent | None) -> bool:
        """Settle the height when the style or the font is known."""
        kinds = (QEvent.Type.Polish, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if a0 is not None and a0.type() in kinds:
            self._settle()
        return super().event(a0)

    def _settle(self) -> None:
        for each in (self._title, self._cancel, *self._progress.findChildren(QWidget)):
            each.ensurePolished()
        lines = LINES * self._title.fontMetrics().lineSpacing()
        height = max(lines, self._progress.sizeHint().height())
        head = self._cancel.sizeHint().height()
        self._head.setFixedHeight(head)
        # A message without a title may take the room of the title too.
        self._pages.setMinimumHeight(height)
        self.setFixedHeight(head + GAP + height)

    def show_job(self, job: JobView | None) -> None:
        """Show a job, at work or as it ended.

        Parameters
        ----------
        job : JobView or None
            None where none was started.
        """
        self._job = job
        if job is None:
            self.show_message(MessageView(""), "Nothing is running.")
            return
        stoppable = job.state.active and job.can_stop
        self._pause.setVisible(stoppable)
        self._cancel.setVisible(stoppable)
        self._details.setVisible(False)
        self._head.show()
        ending = _ENDINGS.get(job.state)
        self._title.set_text(f"{job.title}: {ending}" if ending else job.title)
        if not job.state.active:
            self._show_page(job.message or MessageView(""))
            return
        self._pages.setCurrentWidget(self._progress)
        self._progress.show_job(job)
        self._show_buttons(job)

    def show_message(self, message: MessageView, title: str = "") -> None:
        """Show a message instead of a job.

        Parameters
        ----------
        message : MessageView
            What to say while no job is shown, such as that the engine is being loaded.
        title : str
            The line above it.
        """
        self._title.set_text(title)
        self._head.setVisible(bool(title or message.details))
        for each in (self._pause, self._cancel):
            each.hide()
        self._show_page(message)

    def _show_page(self, message: MessageView) -> None:
        self._pages.setCurrentWidget(self._told)
        self._message.show_message(message)
        self._details.set_copied(message.details)
        self._details.setVisible(bool(message.details))

    def _show_buttons(self, job: JobView) -> None:
        paused = job.state is JobState.PAUSED
        stopping = job.state is JobState.CANCELLING
        self._pause.setText("Resume" if paused else "Pause")
        why = None if job.pausable else "This job cannot be paused."
        for each, tip in zip((self._pause, self._cancel), _tips(job), strict=True):
            explain(each, tip)
        allow(self._pause, "It is stopping." if stopping else why)
        allow(self._cancel, "It is stopping." if stopping else None)

    def _on_pause(self) -> None:
        paused = self._job is not None and self._job.state is JobState.PAUSED
        (self.resume_requested if paused else self.pause_requested).emit()

    def _on_cancel(self) -> None:
        self.cancel_requested.emit()


def _tips(job: JobView) -> tuple[str, str]:
    """Say what Pause and Cancel do with this job, whatever stage it has reached."""
    return (
        f"Finish the {job.step} and wait; what is done stays, and memory is kept.",
        f"Stop after this {job.step}. {job.kept}",
    )
