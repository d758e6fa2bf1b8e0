"""A list to choose from that speaks only when the user chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from napari_skoots.widgets.explain import explain, rich

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QPaintEvent

    from napari_skoots.state.views import Choice

_MARGIN = 6
"""Pixels that a style may leave free beside the text."""


class Choices(QComboBox):
    """A combo box of keys and names, as narrow as it must be.

    Parameters
    ----------
    tip : str
        The tooltip.
    name : str
        For a screen reader.
    empty : str
        What it says while there is nothing to choose.
    """

    chosen = Signal(str)

    def __init__(
        self, tip: str, name: str, empty: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tip = tip
        self._shown: tuple[tuple[str, str, str], ...] = ()
        explain(self, tip, name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(8)
        self.setPlaceholderText(empty)
        self.activated.connect(self._on_activated)

    def set_choices(
        self,
        choices: Sequence[Choice],
        current: str | None,
        tips: Mapping[str, str] | None = None,
    ) -> None:
        """Show other choices.

        Parameters
        ----------
        choices : Sequence of Choice
            Key and name of each.
        current : str or None
            The key that is chosen; None or an unknown key chooses nothing.
        tips : Mapping from str to str, optional
            Tooltips by key.
        """
        shown = tuple((k, name, (tips or {}).get(k, "") or name) for k, name in choices)
        with QSignalBlocker(self):
            # Filling it anew would close a list that the user has opened.
            if shown != self._shown:
                self._fill(shown)
            self.setCurrentIndex(-1 if current is None else self.findData(current))
        self.setEnabled(bool(choices))
        self._say_whole()

    def _fill(self, shown: tuple[tuple[str, str, str], ...]) -> None:
        self._shown = shown
        self.clear()
        for place, (key, name, tip) in enumerate(shown):
            self.addItem(name, key)
            self.setItemData(place, rich(tip), Qt.ItemDataRole.ToolTipRole)

    def current(self) -> str | None:
        """Give the key that is chosen."""
        key = self.currentData()
        return None if key is None else str(key)

    def paintEvent(self, e: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw what is chosen, with dots where it is too long."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style = self.style()
        if style is not None:
            room = style.subControlRect(
                QStyle.ComplexControl.CC_ComboBox,
                option,
                QStyle.SubControl.SC_ComboBoxEditField,
                self,
            )
            option.currentText = self.fontMetrics().elidedText(
                self.currentText() or self.placeholderText(),
                Qt.TextElideMode.ElideMiddle,
                room.width() - _MARGIN,
            )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def _say_whole(self) -> None:
        """Put the whole text of a choice that is cut into the tooltip."""
        whole = self.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self.setToolTip(f"{rich(self._tip)}<br>{whole}" if whole else rich(self._tip))

    def _on_activated(self, place: int) -> None:
        self._say_whole()
        self.chosen.emit(str(self.itemData(place)))
