"""How far a job is: a bar, and what it takes and has found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QGridLayout, QProgressBar, QSizePolicy, QWidget

from napari_skoots.state.views import JobState
from napari_skoots.widgets import wording
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import Line, right_aligned

if TYPE_CHECKING:
    from napari_skoots.state.views import JobView

_FINE = 1000
"""Steps of the bar: it moves a little with every tile of a thousand."""


class JobProgress(QWidget):
    """Three lines: stage and time left, the bar, device and objects."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage, self._device = Line(), Line(quiet=True)
        self._left, self._objects = right_aligned(), right_aligned(quiet=True)
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Progress")
        self._bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._notice = Line(quiet=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * GAP)
        grid.setVerticalSpacing(GAP // 2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self._bar, 0, 0, 1, 2)
        grid.addWidget(self._stage, 1, 0)
        grid.addWidget(self._left, 1, 1)
        grid.addWidget(self._device, 2, 0)
        grid.addWidget(self._objects, 2, 1)
        grid.addWidget(self._notice, 3, 0, 1, 2)

    def show_job(self, job: JobView) -> None:
        """Show a job that is running or waits."""
        known = job.total > 0
        count = f"{job.done:,}/{job.total:,}" if known else ""
        self._stage.set_text(
            " ".join(part for part in (job.stage, count) if part),
            f"{job.unit} done" if known else "",
        )
        self._left.set_text(_left(job))
        self._device.set_text(_device(job))
        self._objects.set_text(
            "" if job.objects is None else wording.counted(job.objects, "object")
        )
        self._show_bar(job.done, job.total)
        notice = job.message
        text = "" if notice is None else f"{notice.text} {notice.remedy}".strip()
        self._notice.set_text(text)

    def _show_bar(self, done: int, total: int) -> None:
        """Move the bar; a total of 0 makes it come and go.

        Qt's bar draws itself at once, and with it the whole window: the canvas too, in
        the midst of whatever changes its layers. It may do so when it is its turn.
        """
        self._bar.setUpdatesEnabled(False)
        self._bar.setRange(0, _FINE if total else 0)
        if total:
            self._bar.setValue(_FINE * done // total)
            self._bar.setFormat("%p %")
        self._bar.setUpdatesEnabled(True)


def _left(job: JobView) -> str:
    if job.state is JobState.PAUSED:
        return "paused"
    if job.state is JobState.CANCELLING:
        return "stopping…"
    if job.seconds_left is None:
        return ""
    return f"{wording.clock(job.seconds_left)} left"


def _device(job: JobView) -> str:
    if job.memory_used is None:
        return job.device
    used = wording.size(job.memory_used)
    if job.memory_total is not None:
        used = f"{used} of {wording.size(job.memory_total)}"
    return f"{job.device}  {used}"
