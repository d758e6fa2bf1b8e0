"""How large objects are, against those that the model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.diameter import Diameter
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import Section
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.views import Choice

_MEASURE = "Measure the typical diameter of the objects of this Labels layer."


class SizeSection(Section):
    """Takes the diameter of typical objects, and offers to resample the image."""

    diameter_changed = Signal(object)
    """A float in the unit shown, or None: as the model's."""

    ring_toggled = Signal(bool)
    measure_requested = Signal(str)
    """Key of a layer of labels."""

    resample_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._diameter = Diameter()
        self._diameter.diameter_changed.connect(self.diameter_changed)
        self.add_row("Object size", self._diameter)
        self._build_ring()
        self._build_measure()
        self._offer = MessageLine()
        self._resample = QCheckBox("Resample the image to fit")
        explain(
            self._resample,
            "The image is scaled as it is read, so that objects are as large as the "
            "model knows them. Labels have the size of the image.",
        )
        self._resample.clicked.connect(self.resample_toggled)
        self._offer.add_button(self._resample)
        self.add_row("", self._offer)
        self.set_diameter(None, None)
        self.set_label_layers([], None)

    def _build_ring(self) -> None:
        self._ring = QCheckBox("Ring")
        explain(self._ring, "Show a ring of this size on the canvas.", "Show a ring")
        self._ring.clicked.connect(self.ring_toggled)
        self._against = Line(quiet=True)
        self._usual = button(
            "Reset", "Forget this size: objects are as large as the model knows them."
        )
        self._usual.clicked.connect(self._on_reset)
        self.add_row("", self._against, self._usual, self._ring)

    def _build_measure(self) -> None:
        self._layers = Choices(
            "A Labels layer whose objects are measured.",
            "Labels layer to measure",
            "No Labels layer",
        )
        self._measure = button("Measure", _MEASURE)
        self._measure.clicked.connect(self._on_measure)
        self.add_row("", self._layers, self._measure)

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
        text = "" if model_diameter is None else f"model: {model_diameter:.3g} {unit}"
        self._against.set_text(text)
        reason = "No size was given." if diameter is None else None
        allow(self._usual, reason)

    def set_ring(self, shown: bool) -> None:  # noqa: FBT001 - as Qt's own
        """Say whether the ring is shown."""
        self._ring.setChecked(shown)

    def set_label_layers(self, layers: Sequence[Choice], current: str | None) -> None:
        """Show the Labels layers that can be measured."""
        self._layers.set_choices(layers, current)
        reason = None if layers else "There is no Labels layer to measure."
        allow(self._measure, reason)

    def set_offer(self, text: str | None, *, resample: bool = False) -> None:
        """Offer to resample.

        Parameters
        ----------
        text : str or None
            How the sizes differ; None where there is nothing to offer.
        resample : bool
            Whether the image is resampled at present.
        """
        self._resample.setChecked(resample)
        message = MessageView(text, level=Level.WARNING) if text else None
        self._offer.show_message(message)

    def _on_reset(self) -> None:
        self.diameter_changed.emit(None)

    def _on_measure(self) -> None:
        key = self._layers.current()
        if key is not None:
            self.measure_requested.emit(key)
