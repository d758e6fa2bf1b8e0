"""Which part of the image is segmented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QRadioButton, QWidget

from napari_skoots.state.views import Where
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.rows import Section, side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.views import Choice

_WORDS = {
    Where.VIEW: ("View", "What the canvas shows now, a few planes deep."),
    Where.BOX: ("Box", "A box: a rectangle in a Shapes layer."),
    Where.WHOLE: ("Everywhere", "The whole volume, from the current view outwards."),
}


class WhereSection(Section):
    """Chooses between the view, a box and the whole volume."""

    where_changed = Signal(str)
    """A value of `Where`."""

    box_chosen = Signal(str)
    """Key of a layer of shapes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._radios = {where: self._radio(where) for where in Where}
        self.add_row("Where", side_by_side(list(self._radios.values()), (2,)))
        self._boxes = Choices(
            "The Shapes layer with the box.",
            "Box",
            "Draw a rectangle in a Shapes layer",
        )
        self._boxes.chosen.connect(self.box_chosen)
        self._boxes_row = self.add_row("", self._boxes)
        self.set_boxes([], None)
        self.set_where(Where.WHOLE)

    def _radio(self, where: Where) -> QRadioButton:
        text, tip = _WORDS[where]
        radio = QRadioButton(text)
        explain(radio, tip, f"Segment: {text}")

        def on_clicked() -> None:
            self.set_where(where)
            self.where_changed.emit(where.value)

        radio.clicked.connect(on_clicked)
        self._group.addButton(radio)
        return radio

    def set_where(self, where: Where | str) -> None:
        """Show which part is chosen."""
        self._radios[Where(where)].setChecked(True)
        self.show_row(self._boxes_row, Where(where) is Where.BOX)

    def set_boxes(self, boxes: Sequence[Choice], current: str | None) -> None:
        """Show the Shapes layers that hold a box."""
        self._boxes.set_choices(boxes, current)
