"""How panels and tabs stand: what scrolls above, what does not below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_skoots.widgets.rows import GAP, MARGINS
from napari_skoots.widgets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence


def stack(parent: QWidget, above: QWidget, *below: QWidget) -> None:
    """Fill a widget with what takes the room that is left, and what keeps its height.

    Parameters
    ----------
    parent : QWidget
        Without a layout.
    above : QWidget
        Scrolls, or holds what does.
    *below : QWidget
        From top to bottom, under a thin line.
    """
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(above, 1)
    column.addWidget(Rule())
    column.addWidget(_together(below))


def take_height(panel: QWidget) -> None:
    """Let a panel have all the height of its dock.

    napari gives what is not expanding no more height than it needs.
    """
    panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)


def _together(sections: Sequence[QWidget]) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(*MARGINS)
    column.setSpacing(2 * GAP)
    for section in sections:
        column.addWidget(section)
    return holder
