"""Tooltips and names: what a control does, and why it cannot be used."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QAbstractButton

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_USUAL = "skoots_tooltip"


def rich(text: str) -> str:
    """Give plain text as rich text, which Qt wraps in tooltips.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The same, escaped; empty for empty text.
    """
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>") if text else ""


def explain(widget: QWidget, text: str, name: str = "") -> None:
    """Say what a control does: to the mouse and to a screen reader.

    Parameters
    ----------
    widget : QWidget
        Any control.
    text : str
        A sentence or two in plain words.
    name : str
        What a screen reader calls it; needed where the control shows no text.
    """
    widget.setProperty(_USUAL, text)
    widget.setToolTip(rich(text))
    widget.setAccessibleDescription(text)
    shown = widget.text() if isinstance(widget, QAbstractButton) else ""
    if name or shown:
        widget.setAccessibleName(name or shown)


def allow(widget: QWidget, reason: str | None) -> None:
    """Enable a control, or disable it and say why.

    Parameters
    ----------
    widget : QWidget
        A control that was explained.
    reason : str or None
        Why it cannot be used; None where it can.
    """
    text = str(widget.property(_USUAL) or "") if reason is None else reason
    widget.setEnabled(reason is None)
    widget.setToolTip(rich(text))
    widget.setAccessibleDescription(text)
