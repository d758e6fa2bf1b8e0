"""Which image, and how its axes are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QLabel, QLineEdit, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.number_fields import Whole
from napari_skoots.widgets.rows import Section, side_by_side
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.views import Choice, ImageView

_ROOM = 18
"""Pixels around the letters of the axes: padding, border, a caret."""


class ImageSection(Section):
    """Chooses an image layer, and says what will be read of it."""

    layer_chosen = Signal(str)
    axes_changed = Signal(str)
    """Letters in the order of the data, upper case."""

    channel_changed = Signal(int)
    time_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = ""
        self._layers = Choices(
            "The image layer that is segmented.", "Image", "Open or drop an image"
        )
        self._layers.chosen.connect(self.layer_chosen)
        self.add_row("Image", self._layers)
        self._build_axes()
        self._build_counts()
        self._problem = MessageLine()
        self.add_row("", self._problem)
        self.set_layers([], None)
        self.set_facts(None)

    def _build_axes(self) -> None:
        self._axes = QLineEdit()
        self._axes.setAcceptDrops(False)
        explain(
            self._axes,
            "What each axis of the image is, in order: Z, Y, X for space, C for "
            "channels, T for time. Change it where the file says it wrongly.",
            "Axes",
        )
        self._axes.editingFinished.connect(self._on_axes_edited)
        self._facts, self._lengths = Line(quiet=True), Line(quiet=True)
        axes = side_by_side((self._axes, self._facts), (1,))
        self._axes_row = self.add_row("Axes", axes)
        self._lengths_row = self.add_row("", self._lengths)

    def _build_counts(self) -> None:
        self._channel = Whole("The channel that is segmented, from 0.", "Channel")
        self._channel.valueChanged.connect(self.channel_changed)
        self._time = Whole("The time point that is segmented, from 0.", "Time point")
        self._time.valueChanged.connect(self.time_changed)
        self._channels, self._times = QLabel(), QLabel()
        self._channel_row = self.add_row("Channel", self._channel, self._channels)
        self._time_row = self.add_row("Time", self._time, self._times)

    def set_layers(self, layers: Sequence[Choice], current: str | None) -> None:
        """Show the image layers of the viewer.

        Parameters
        ----------
        layers : Sequence of Choice
            Key and name of each.
        current : str or None
            The key of the chosen one.
        """
        self._layers.set_choices(layers, current)

    def set_facts(self, image: ImageView | None) -> None:
        """Show what the chosen image is.

        Parameters
        ----------
        image : ImageView or None
            None while no image is chosen.
        """
        self.show_row(self._axes_row, image is not None)
        self.show_row(self._lengths_row, False)
        self.show_row(self._channel_row, image is not None and image.channels > 1)
        self.show_row(self._time_row, image is not None and image.times > 1)
        problem = image.problem if image is not None else ""
        self._problem.show_message(
            MessageView(problem, level=Level.WARNING) if problem else None
        )
        if image is not None:
            self._show(image)

    def _show(self, image: ImageView) -> None:
        lengths = "×".join(f"{length}" for length in image.lengths)
        many = len(image.lengths) > 3
        facts = image.dtype if many else f"{lengths} {image.dtype}"
        self._facts.set_text(facts, image.path)
        self._lengths.set_text(lengths)
        self.show_row(self._lengths_row, many)
        if image.axes != self._told or not self._axes.hasFocus():
            with QSignalBlocker(self._axes):
                self._axes.setText(image.axes)
        letters = "X" * max(3, len(image.axes))
        width = self._axes.fontMetrics().horizontalAdvance(letters)
        self._axes.setFixedWidth(width + _ROOM)
        for box, last, value in (
            (self._channel, image.channels, image.channel),
            (self._time, image.times, image.time),
        ):
            with QSignalBlocker(box):
                box.setMaximum(max(0, last - 1))
            box.show_value(value)
        self._channels.setText(f"of 0 to {image.channels - 1}")
        self._times.setText(f"of 0 to {image.times - 1}")
        self._told = image.axes

    def _on_axes_edited(self) -> None:
        axes = self._axes.text().strip().upper()
        if axes != self._told:
            self._told = axes
            self.axes_changed.emit(axes)
