"""Train, or stop and keep the best; and why it cannot be done now."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_skoots.widgets.buttons import button, emphasise, tell
from napari_skoots.widgets.explain import allow
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import Note

_MEANWHILE = "You can go on painting: what you paint now is taught next time."
_STOPPING = "Stopping; the best model so far is compared and can be kept."


class TeachActionSection(QWidget):
    """One button: what it does depends on whether a training runs.

    Cancelling is the footer's, as for every job: it keeps no model.
    """

    train_requested = Signal()
    finish_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = ""
        self._train = button(
            "Train", "Learn from what you painted. It runs beside the viewer."
        )
        self._finish = button(
            "Stop and keep the best",
            "End the training now, and compare the best model so far with the one "
            "that it began with.",
        )
        tell(self._train, self.train_requested)
        tell(self._finish, self.finish_requested)
        self._line = Note()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for each in (self._train, self._finish):
            emphasise(each)
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            column.addWidget(each)
        column.addWidget(self._line)
        self.set_running(running=False, finishing=False)
        self.set_ready("Loading…")

    def set_ready(self, reason: str | None, note: str = "") -> None:
        """Say whether a training can begin.

        Parameters
        ----------
        reason : str or None
            Why none can, and what to do; None where one can.
        note : str
            Said under the button instead of the reason, where that stands elsewhere.
        """
        allow(self._train, reason)
        self._said = note or reason or ""
        self._write()

    def set_next(self, *, training: bool) -> None:
        """Say whether training is the next step, or something else is offered."""
        emphasise(self._train, training)

    def set_running(self, *, running: bool, finishing: bool) -> None:
        """Say whether a training runs.

        Parameters
        ----------
        running : bool
            Whether it can be asked to stop.
        finishing : bool
            Whether it was.
        """
        self._running, self._finishing = running, finishing
        self._train.setVisible(not running)
        self._finish.setVisible(running)
        allow(self._finish, "It is stopping." if finishing else None)
        self._write()

    def _write(self) -> None:
        text = self._said
        if self._running:
            text = _STOPPING if self._finishing else _MEANWHILE
        self._line.setText(text)
        self._line.setVisible(bool(text))
