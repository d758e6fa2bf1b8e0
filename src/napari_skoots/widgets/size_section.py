"""How large objects are, against those that the model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QCheckBox, QMenu, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.diameter import Diameter
from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import Section
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_skoots.state.views import Choice


class SizeSection(Section):
    """Takes the diameter of typical objects, and offers to resample the image."""

    diameter_changed = Signal(object)
    """A float in the unit shown, or None: as large as the model knows them."""

    ring_toggled = Signal(bool)
    measure_requested = Signal(str)
    """Key of a Labels layer."""

    resample_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[Choice, ...] = ()
        self._given = False
        self._diameter = Diameter()
        self._diameter.diameter_changed.connect(self.diameter_changed)
        self.add_row("Objects", self._diameter)
        self._build_tools()
        self._build_offer()
        self.set_diameter(None, None)
        self._fill_menu()

    def _build_tools(self) -> None:
        self._ring = QCheckBox("Ring")
        explain(self._ring, "Show a ring of this size on the canvas.", "Show a ring")
        self._ring.clicked.connect(self.ring_toggled)
        self._against = Line(quiet=True)
        tip = "Measure the size in a Labels layer, or take the model's."
        self._set = button("Set ▾", tip, "Set the size")
        self._menu = QMenu(self._set)
        self._set.setMenu(self._menu)
        self.add_row("", self._against, self._ring, self._set)

    def _build_offer(self) -> None:
        self._resample = QCheckBox("Resample the image")
        explain(
            self._resample,
            "The image is scaled as it is read, so that objects are as large as the "
            "model knows them. The labels fit the image all the same.",
        )
        self._resample.clicked.connect(self.resample_toggled)
        self._hint = MessageLine(calm=True)
        self.add_row("", self._hint)
        self._offer = MessageLine()
        self._offer.add_button(self._resample)
        self.add_row("", self._offer)

    def set_diameter(
        self, diameter: float | None, model_diameter: float | None, unit: str = "voxels"
    ) -> None:
        """Show how large objects are.

        Parameters
        ----------
        diameter : float or None
            What the user said; None where nothing.
        model_diameter : float or None
            What the model was trained on, in the same unit; None where it says nothing.
        unit : str
            What both are measured in.
        """
        self._diameter.set_unit(unit)
        self._diameter.set_diameter(diameter, model_diameter)
        text, tip = "", ""
        if model_diameter is not None:
            text = f"model: {model_diameter:.3g}"
            tip = f"The model knows objects of about {model_diameter:.3g} {unit}."
        self._against.set_text(text, tip)
        if self._given is not (diameter is not None):
            self._given = diameter is not None
            self._fill_menu()

    def set_hint(self, text: str) -> None:
        """Say what the model finds; empty for nothing."""
        self._hint.show_message(MessageView(text) if text else None)

    def set_ring(self, shown: bool) -> None:  # noqa: FBT001 - as Qt's own
        """Say whether the ring is shown."""
        self._ring.setChecked(shown)

    def set_label_layers(
        self, layers: Sequence[Choice], current: str | None = None
    ) -> None:
        """Show the Labels layers that can be measured.

        Parameters
        ----------
        layers : Sequence of Choice
            Key and name of each.
        current : str or None
            The key of the one to name first.
        """
        ordered = tuple(sorted(layers, key=lambda layer: layer[0] != current))
        if ordered != self._layers:
            self._layers = ordered
            self._fill_menu()

    def set_offer(
        self, text: str | None, *, resample: bool = False, possible: bool = True
    ) -> None:
        """Offer to resample.

        Parameters
        ----------
        text : str or None
            How the sizes differ; None where there is nothing to offer.
        resample : bool
            Whether the image is resampled at present.
        possible : bool
            Whether it can be.
        """
        self._resample.setEnabled(possible)
        self._resample.setChecked(resample)
        level = Level.INFO if resample else Level.WARNING
        message = MessageView(text, level=level) if text else None
        self._offer.show_message(message)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for key, name in self._layers:
            self._add(f"Measure in {name}", self._measurer(key))
        if not self._layers:
            self._add("Measure in a Labels layer (there is none)", None)
        self._menu.addSeparator()
        self._add("As the model's", self._forget if self._given else None)

    def _add(self, text: str, told: Callable[[], None] | None) -> None:
        action = QAction(text, self._menu)
        action.setEnabled(told is not None)
        if told is not None:
            action.triggered.connect(told)
        self._menu.addAction(action)

    def _measurer(self, key: str) -> Callable[[], None]:
        def measure() -> None:
            self.measure_requested.emit(key)

        return measure

    def _forget(self) -> None:
        self.diameter_changed.emit(None)
