"""How it is taught: the model to start from, the time, the size of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QButtonGroup, QCheckBox, QRadioButton, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.number_fields import Number
from napari_skoots.widgets.rows import Section, side_by_side
from napari_skoots.widgets.texts import Line, Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.teaching import WishView
    from napari_skoots.state.views import Choice

TIMES = (60.0, 300.0, 0.0)
"""Seconds of training to choose from; 0 is until it is stopped."""

_WORDS = {
    60.0: ("60 s", "Train for a minute: enough to see whether it gets better."),
    300.0: ("5 min", "Train for five minutes."),
    0.0: ("No limit", "Train until you press Stop and keep the best."),
}
_FIELD = 92
_LARGEST = 5000.0


class TeachHowSection(Section):
    """Takes the model to start from, how long, and how large objects are."""

    base_chosen = Signal(str)
    seconds_chosen = Signal(float)
    diameter_changed = Signal(object)
    """A float in voxels of the image, or None: as measured."""

    rehearse_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: float | None = None
        self._base = Choices(
            "The model that training starts from: one that knows similar objects "
            "learns yours sooner. From scratch starts with none.",
            "Start from",
            "Loading…",
        )
        self._base.chosen.connect(self.base_chosen)
        self.add_row("Start", self._base)
        self._group = QButtonGroup(self)
        self._radios = {seconds: self._radio(seconds) for seconds in TIMES}
        self.add_row("For", side_by_side(list(self._radios.values()), (2,)))
        self._build_size()
        self._rehearse = QCheckBox("Keep what it knows")
        explain(
            self._rehearse,
            "Learn objects of the sample that came with the model along, so that it "
            "does not forget them. Switch it off where those are not what you are "
            "looking for, such as another part of the same cells.",
        )
        self._rehearse.toggled.connect(self.rehearse_toggled)
        self._rehearse_row = self.add_row("", self._rehearse)

    def _radio(self, seconds: float) -> QRadioButton:
        text, tip = _WORDS[seconds]
        radio = QRadioButton(text)
        explain(radio, tip, f"Train for: {text}")

        def on_clicked() -> None:
            self.seconds_chosen.emit(seconds)

        radio.clicked.connect(on_clicked)
        self._group.addButton(radio)
        return radio

    def _build_size(self) -> None:
        self._diameter = Number(
            "How large a typical object is, in voxels of the image: across a ball of "
            "the same volume. It is measured on what you painted; 0 goes back to that.",
            "Object size",
        )
        self._diameter.setRange(0, _LARGEST)
        self._diameter.setDecimals(1)
        self._diameter.setSpecialValueText("?")
        self._diameter.setFixedWidth(_FIELD)
        self._diameter.valueChanged.connect(self._on_diameter)
        self._diameter.setSuffix(" voxels")
        self._said = Line(quiet=True)
        self._reset = button(
            "Measured", "Take the size that was measured on what you painted."
        )
        self._reset.clicked.connect(self._on_reset)
        row = side_by_side((self._diameter, self._said, self._reset), (1, 2))
        self.add_row("Objects", row)
        self._zoom = Note()
        self._zoom_row = self.add_row("", self._zoom)

    def set_bases(self, bases: Sequence[Choice], current: str | None) -> None:
        """Show the models that training can start from.

        Parameters
        ----------
        bases : Sequence of Choice
            Key and name of each, with `SCRATCH` for none.
        current : str or None
            The key of the chosen one.
        """
        self._base.set_choices(bases, current)

    def set_wish(self, wish: WishView) -> None:
        """Show how it shall be taught."""
        for seconds, radio in self._radios.items():
            # A time that is none of them chooses none, which a group forbids.
            self._group.setExclusive(False)
            radio.setChecked(seconds == wish.seconds)
            self._group.setExclusive(True)
        self._measured = wish.measured
        shown = wish.measured if wish.diameter is None else wish.diameter
        self._diameter.show_value(round(shown or 0.0, 1))
        measured = "not measured yet" if wish.measured is None else "as measured"
        self._said.set_text(measured, _model_text(wish))
        typed = wish.diameter is not None
        self._said.setVisible(not typed)
        self._reset.setVisible(typed)
        number = "" if wish.measured is None else f": {wish.measured:.3g}"
        self._reset.setText(f"Measured{number}")
        unknown = "Nothing is measured yet: paint an object."
        allow(self._reset, unknown if wish.measured is None else None)
        with QSignalBlocker(self._rehearse):
            self._rehearse.setChecked(wish.rehearse)
        self.show_row(self._rehearse_row, bool(wish.sample))
        self._zoom.setText(wish.zoom)
        self.show_row(self._zoom_row, bool(wish.zoom))

    def _on_diameter(self, diameter: float) -> None:
        self.diameter_changed.emit(diameter if diameter > 0 else None)

    def _on_reset(self) -> None:
        self.diameter_changed.emit(None)


def _model_text(wish: WishView) -> str:
    if wish.model_diameter is None:
        return ""
    return f"The model knows objects of about {wish.model_diameter:.3g} voxels."


def longer_than(seconds: float) -> float:
    """Give the next longer time that can be chosen.

    Parameters
    ----------
    seconds : float
        Of training; 0 is until it is stopped.

    Examples
    --------
    >>> longer_than(60), longer_than(300), longer_than(0)
    (300.0, 0.0, 0.0)
    """
    if not seconds:
        return 0.0
    return next((each for each in TIMES if each > seconds), 0.0)
