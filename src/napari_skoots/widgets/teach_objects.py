"""What is painted: how much, what is missing, and the tools for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QLabel, QSizePolicy, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets import wording
from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.number_fields import Whole
from napari_skoots.widgets.rows import Section, side_by_side
from napari_skoots.widgets.texts import Line, Note

if TYPE_CHECKING:
    from napari_skoots.state.teaching import BoxView, ExampleView

_NO_LAYER = "Make a teaching layer first."
_COUNTS = (
    "In all images of the project. Voxels are taught where they are painted, or lie in "
    "a box."
)


class TeachObjectsSection(Section):
    """Counts what is painted, says the next step, and offers the tools."""

    box_requested = Signal()
    accepting_toggled = Signal(bool)
    planes_changed = Signal(int, int)
    """First and last plane of the box, both inside, from 0."""

    held_out_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = Line()
        self.add_wide(self._counts)
        self._problem, self._advice = MessageLine(), MessageLine()
        self.add_wide(self._problem)
        self._build_tools()
        self.add_wide(self._advice)
        self._build_box()
        self._held_out = Note()
        self.add_wide(self._held_out)

    def _build_tools(self) -> None:
        self._draw = button(
            "Draw a box",
            "Draw a rectangle on the image. Inside a box, all that is not painted is "
            "background; outside, it is unknown. Paint every object in a box.",
        )
        tell(self._draw, self.box_requested)
        self._accept = button(
            "Accept objects",
            "Click on an object of another Labels layer, such as a segmentation: this "
            "one is right, and it is copied. Press again to stop.",
        )
        self._accept.setCheckable(True)
        self._accept.clicked.connect(self.accepting_toggled)
        tools = (self._draw, self._accept)
        for each in tools:
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.add_wide(side_by_side(tools, (0, 1)))
        self._hint = Note("Click on objects that are right. Press again to stop.")
        self.add_wide(self._hint)

    def _build_box(self) -> None:
        self._first = Whole("First plane of the box.", "First plane")
        self._last = Whole("Last plane of the box.", "Last plane")
        for field in (self._first, self._last):
            field.valueChanged.connect(self._on_planes)
        parts = (QLabel("planes"), self._first, QLabel("to"), self._last)
        self._box_row = self.add_row("Box", side_by_side(parts, (1, 3)))
        self._hold = QCheckBox("Hold out this box")
        explain(
            self._hold,
            "Keep the box from training: the model is scored in it. At least one box "
            "must stay.",
        )
        self._hold.clicked.connect(self.held_out_toggled)
        self._hold_row = self.add_row("", self._hold)

    def set_example(self, example: ExampleView) -> None:
        """Show what is painted."""
        self._counts.set_text(counts_text(example), _COUNTS)
        problem = example.problem if example.layer else ""
        self._problem.show_message(MessageView(problem) if problem else None)
        advice = "\n".join(example.advice)
        self._advice.show_message(
            MessageView(advice, level=Level.WARNING) if advice else None
        )
        self._show_tools(example)
        self._show_box(example.box)
        self._held_out.setText(example.held_out)
        self._held_out.setVisible(bool(example.held_out))

    def _show_tools(self, example: ExampleView) -> None:
        reason = None if example.layer else _NO_LAYER
        whole = "The whole image is one box already." if example.everything else None
        allow(self._draw, reason or whole)
        allow(self._accept, reason)
        self._accept.setChecked(example.accepting)
        self._hint.setVisible(example.accepting)

    def _show_box(self, box: BoxView | None) -> None:
        self.show_row(self._box_row, box is not None)
        self.show_row(self._hold_row, box is not None)
        if box is None:
            return
        self.name_row(self._box_row, f"Box {box.number}")
        for field, value, tip in (
            (self._first, box.first, "First plane of the box"),
            (self._last, box.last, "Last plane of the box, which is inside"),
        ):
            explain(field, f"{tip}; the image has 0 to {box.planes - 1}.")
            with QSignalBlocker(field):
                field.setMaximum(max(0, box.planes - 1))
            field.show_value(value)
        self._hold.setChecked(box.held_out)

    def _on_planes(self) -> None:
        first, last = sorted((self._first.value(), self._last.value()))
        self.planes_changed.emit(first, last)


def counts_text(example: ExampleView) -> str:
    """Put what is painted into one line.

    Parameters
    ----------
    example : ExampleView
        What is painted.

    Returns
    -------
    str
        Objects, boxes, voxels that are taught.

    Examples
    --------
    >>> from napari_skoots.state.teaching import ExampleView
    >>> counts_text(ExampleView(objects=7, boxes=2, taught_voxels=1_234_567))
    '7 objects · 2 boxes · 1.2 M voxels'
    """
    if example.objects is None:
        return "Counting…" if example.counting else "Nothing is painted yet."
    parts = [
        wording.counted(example.objects, "object"),
        wording.counted(example.boxes, "box", "boxes"),
    ]
    if example.taught_voxels:
        parts.append(f"{wording.in_short(example.taught_voxels)} voxels")
    return " · ".join(parts) + (" …" if example.counting else "")
