"""Buttons that look alike, and one that copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QPushButton, QWidget

from napari_skoots.widgets.explain import explain

if TYPE_CHECKING:
    from qtpy.QtCore import SignalInstance

THANKS_MS = 1500
"""How long a button says that it has copied, in milliseconds."""


def button(text: str, tip: str, name: str = "") -> QPushButton:
    """Make a button.

    Parameters
    ----------
    text : str
        What it does, in a word or two.
    tip : str
        The tooltip.
    name : str
        For a screen reader, where `text` says too little.

    Returns
    -------
    QPushButton
        No dialog's default: Enter in a field presses nothing.
    """
    made = QPushButton(text)
    made.setAutoDefault(False)
    explain(made, tip, name or text)
    return made


def emphasise(pressed: QPushButton, emphasised: bool = True) -> None:  # noqa: FBT001, FBT002 - as Qt's own setters
    """Write the next step in bold, or no more."""
    font = pressed.font()
    font.setBold(emphasised)
    pressed.setFont(font)


def tell(pressed: QPushButton, signal: SignalInstance) -> None:
    """Emit a signal without values when a button is pressed."""

    # `clicked` brings a truth value, which such a signal does not take.
    def emit() -> None:
        signal.emit()

    pressed.clicked.connect(emit)


class CopyButton(QPushButton):
    """Copies a text to the clipboard and says so."""

    def __init__(self, text: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._label = text
        self._copied = ""
        self.setAutoDefault(False)
        explain(self, tip, text)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(THANKS_MS)
        self._timer.timeout.connect(self._calm_down)
        self.clicked.connect(self._copy)

    def set_copied(self, text: str) -> None:
        """Say what is copied when the button is pressed."""
        self._copied = text

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._copied)
        # The width stays, so that nothing beside it moves.
        self.setFixedWidth(self.width())
        self.setText("Copied")
        self._timer.start()

    def _calm_down(self) -> None:
        self.setText(self._label)
        self.setMinimumWidth(0)
        self.setMaximumWidth(16777215)
