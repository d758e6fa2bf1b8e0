"""A question in its place: it stops nobody and hides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.texts import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent

    from napari_skoots.state.views import Choice


class QuestionBar(QWidget):
    """Asks with a button for each answer; Escape gives the last, the cautious one."""

    answered = Signal(str)
    """The key of the answer."""

    asking = Signal(bool)
    """Whether a question stands; the buttons beside it make room meanwhile."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[str] = []
        self._asked: tuple[str, tuple[Choice, ...]] | None = None
        self._text = wrapped()
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._text)
        column.addLayout(self._buttons)
        self.hide()

    def ask(self, text: str, answers: Sequence[Choice]) -> None:
        """Ask.

        Parameters
        ----------
        text : str
            The question, in one or two sentences.
        answers : Sequence of Choice
            Key and words of each; the usual one first, the one that changes nothing
            last.
        """
        asked = (text, tuple(answers))
        if asked == self._asked:
            return
        self.clear()
        self._asked = asked
        self._text.setText(text)
        self.setAccessibleName(text)
        self._keys = [key for key, _ in answers]
        for key, label in answers:
            self._buttons.addWidget(self._answer(key, label), 1)
        self.show()
        self.asking.emit(True)

    def clear(self) -> None:
        """Ask nothing any more."""
        if self._asked is None:
            return
        self._keys, self._asked = [], None
        while (item := self._buttons.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        self.hide()
        self.asking.emit(False)

    def _answer(self, key: str, label: str) -> QWidget:
        made = button(label, label)

        def on_clicked() -> None:
            self._give(key)

        made.clicked.connect(on_clicked)
        return made

    def _give(self, key: str) -> None:
        self.clear()
        self.answered.emit(key)

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take Escape for the last answer."""
        if a0 is not None and a0.key() == Qt.Key.Key_Escape and self._keys:
            self._give(self._keys[-1])
            return
        super().keyPressEvent(a0)
