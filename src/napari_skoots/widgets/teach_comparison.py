"""Before and after a training: scores, which labels are shown, keep or discard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QButtonGroup, QLabel, QLineEdit, QSizePolicy, QWidget

from napari_skoots.state.teaching import Side
from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets.buttons import button, emphasise, tell
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import Section, side_by_side

if TYPE_CHECKING:
    from qtpy.QtWidgets import QPushButton

    from napari_skoots.state.teaching import ComparisonView, ScoreView

_SIDES = {
    Side.BEFORE: ("Before", "Show what the model found before training. B switches."),
    Side.AFTER: ("After", "Show what the model finds after training. B switches."),
}
_F1 = (
    "1 where every held-out object is found and nothing else; an object counts as "
    "found where more than half of it and of what was predicted is the same."
)
_FOUND = (
    "Of the objects that reach into what is held out, also with a part, how many the "
    "model finds."
)
_NONE = "-"
_REMOVED = "These labels were removed from the viewer."

_FEW = 5
"""Objects on which a score begins to say something."""


class ComparisonSection(Section):
    """Two columns, a name, what to do with the model; hidden while there is none."""

    side_chosen = Signal(str)
    """A value of `Side`."""

    keep_requested = Signal(str)
    """The name of the model."""

    discard_requested = Signal()
    longer_requested = Signal()
    segment_again_requested = Signal()

    asking = Signal(bool)
    """Whether the model waits to be kept or discarded; other buttons make room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = ""
        self.waits = False
        self._verdict = MessageLine(calm=True)
        self.add_wide(self._verdict)
        self._group = QButtonGroup(self)
        self._sides = {side: self._side(side) for side in Side}
        both = side_by_side(list(self._sides.values()), (0, 1))
        self._show_what = self.add_row("Show", both)
        self._cells = {
            name: self._score_row(name, tip)
            for name, tip in (
                ("F1", _F1),
                ("Found", _FOUND),
                ("Objects", "Objects that the model predicts there."),
            )
        }
        self._build_answer()
        self.set_comparison(None)

    def _side(self, side: Side) -> QPushButton:
        text, tip = _SIDES[side]
        made = button(text, tip, f"Show {text.lower()}")
        made.setCheckable(True)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

        def on_clicked() -> None:
            self.side_chosen.emit(side.value)

        made.clicked.connect(on_clicked)
        self._group.addButton(made)
        return made

    def _score_row(self, name: str, tip: str) -> dict[Side, QLabel]:
        cells = {side: QLabel() for side in Side}
        for cell in cells.values():
            cell.setAlignment(Qt.AlignmentFlag.AlignCenter)
            explain(cell, tip)
        self.add_row(name, side_by_side(list(cells.values()), (0, 1)))
        return cells

    def _build_answer(self) -> None:
        self._name = QLineEdit()
        self._name.setAcceptDrops(False)
        explain(self._name, "The name under which the model is kept.", "Model name")
        self._name.textChanged.connect(self._follow)
        self._name.returnPressed.connect(self._on_keep)
        self._keep = button(
            "Keep", "Keep the model with its card, and choose it in Segment."
        )
        emphasise(self._keep)
        self._keep.clicked.connect(self._on_keep)
        discard = button("Discard", "Forget this model. What you painted stays.")
        tell(discard, self.discard_requested)
        self._name_row = self.add_row("Name", self._name)
        self._better_row = self.add_wide(side_by_side((self._keep, discard), (0, 1)))
        for each in (self._keep, discard):
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        longer = button(
            "Train longer",
            "Forget this training, and train for longer.",
            "Train longer",
        )
        tell(longer, self.longer_requested)
        drop = button("Discard", "Forget this training. What you painted stays.")
        tell(drop, self.discard_requested)
        self._worse_row = self.add_wide(side_by_side((longer, drop), (0, 1)))
        self._again = button(
            "Segment again",
            "Segment with this model: the preview first, then what was segmented "
            "before. Objects that you painted or accepted stay as they are.",
        )
        emphasise(self._again)
        tell(self._again, self.segment_again_requested)
        self.add_wide(self._again)

    def set_comparison(self, comparison: ComparisonView | None) -> None:
        """Show before and after.

        Parameters
        ----------
        comparison : ComparisonView or None
            None where there is nothing to compare.
        """
        self.setVisible(comparison is not None)
        self.waits = comparison is not None and not comparison.kept
        self.asking.emit(self.waits)
        if comparison is None:
            return
        self._verdict.show_message(verdict(comparison))
        scores = {Side.BEFORE: comparison.before, Side.AFTER: comparison.after}
        for side, score in scores.items():
            self._sides[side].setChecked(side is comparison.side)
            for name, text in _texts(score).items():
                self._cells[name][side].setText(text)
        self._show_sides(comparison)
        self._show_name(comparison.name)
        open_ = not comparison.kept
        self.show_row(self._name_row, open_ and comparison.improved)
        self._better_row.setVisible(open_ and comparison.improved)
        self._worse_row.setVisible(open_ and not comparison.improved)
        self._again.setVisible(not open_)

    def _show_sides(self, comparison: ComparisonView) -> None:
        """Offer the sides that can be looked at."""
        looked_at = comparison.held_out and not comparison.over
        self.show_row(self._show_what, looked_at)
        before, base = self._sides[Side.BEFORE], comparison.base
        explain(before, f"Show what {base or 'the model'} found before. B switches.")
        gone = _REMOVED
        if comparison.elsewhere:
            gone = f"Open the teaching layer of {comparison.elsewhere} to see them."
        for side, each in self._sides.items():
            allow(each, None if side in comparison.there else gone)
        if comparison.before is None:
            allow(before, "Training began with no model.")

    def _show_name(self, name: str) -> None:
        # The same leaves what is being typed.
        if name != self._told:
            self._told = name
            with QSignalBlocker(self._name):
                self._name.setText(name)
                self._name.setCursorPosition(0)
        self._follow()

    def _follow(self) -> None:
        named = bool(self._name.text().strip())
        allow(self._keep, None if named else "Type a name first.")

    def _on_keep(self) -> None:
        name = self._name.text().strip()
        if name:
            self.keep_requested.emit(name)


def verdict(comparison: ComparisonView) -> MessageView:
    """Say what came of a training.

    Parameters
    ----------
    comparison : ComparisonView
        What was found before and after.
    """
    if comparison.kept:
        chosen = ", and chosen in Segment" if comparison.chosen else ""
        return MessageView(f"Kept as {comparison.kept}{chosen}.")
    if not comparison.held_out:
        return MessageView(
            "Nothing was held out, so nobody can say how good the model is."
        )
    if comparison.improved:
        if comparison.before is None:
            return MessageView("The new model in what was held out:")
        if comparison.after.f1 == comparison.before.f1:
            said = "Better where it learned, and as good in what was held out"
            return MessageView(f"{said}. {_look(comparison)}".strip())
        return MessageView(_better(comparison))
    return MessageView(
        "No model was better than the one that training began with.",
        "Train longer, or paint objects of the kind that it misses.",
        Level.WARNING,
    )


def _better(comparison: ComparisonView) -> str:
    objects = comparison.after.true
    if objects >= _FEW:
        return "Better in what was held out:"
    them = "one object" if objects == 1 else f"{objects} objects"
    said = f"Better in the {them} held out, which is little to go by."
    return f"{said} {_look(comparison)}".strip()


def _look(comparison: ComparisonView) -> str:
    """Send the user to the two buttons, where both can be pressed."""
    return "Look at both:" if set(comparison.there) == set(Side) else ""


def _texts(score: ScoreView | None) -> dict[str, str]:
    if score is None:
        return dict.fromkeys(("F1", "Found", "Objects"), _NONE)
    return {
        "F1": f"{score.f1:.2f}",
        "Found": f"{score.found:,} of {score.true:,}",
        "Objects": f"{score.predicted:,}",
    }
