"""What is taught from: the project, the image, the layer that is painted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QWidget

from napari_skoots.widgets import wording
from napari_skoots.widgets.buttons import button, emphasise, tell
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.rows import Section
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.teaching import ExampleView
    from napari_skoots.state.views import Choice

_NO_IMAGE = "Choose an image first."
_NO_LAYER = "Make a teaching layer first, or open a Labels layer to copy."


class TeachSourceSection(Section):
    """Shows project, image and teaching layer, and asks for others."""

    open_requested = Signal()
    place_requested = Signal()
    """A project shall be begun where the user says."""

    image_requested = Signal()
    layer_requested = Signal()
    copy_requested = Signal(str, bool)
    """Key of a Labels layer, and whether everything in it is annotated."""

    everything_toggled = Signal(bool)
    skeletons_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_layer = False
        self._has_image = False
        self._build_project()
        self._build_image()
        self._build_layer()
        self._build_copy()
        self.set_label_layers([])

    def _build_project(self) -> None:
        self._project = Line()
        opened = button(
            "Open…",
            "Go on with a project: the folder with what was painted, and its models.",
            "Open a project",
        )
        new = button(
            "New…", "Begin a project in a folder of your choice.", "New project"
        )
        tell(opened, self.open_requested)
        tell(new, self.place_requested)
        self.add_row("Project", self._project, opened, new)

    def _build_image(self) -> None:
        self._image = Line()
        self._change = button(
            "Choose…",
            "The image is the one that is chosen in Segment: go there.",
            "Choose the image in Segment",
        )
        tell(self._change, self.image_requested)
        self.add_row("Image", self._image, self._change)

    def _build_layer(self) -> None:
        self._new = button(
            "New teaching layer",
            "Add an empty Labels layer and a layer of boxes. Paint three to ten "
            "objects, each with its own label: M gives the next one.",
        )
        emphasise(self._new)
        tell(self._new, self.layer_requested)
        self.add_wide(self._new)
        self._layer = Line()
        self._skeletons = QCheckBox("Skeletons")
        explain(
            self._skeletons,
            "Show the skeleton of each painted object. They follow as you paint, and "
            "their points can be moved.",
        )
        self._skeletons.clicked.connect(self.skeletons_toggled)
        self._layer_row = self.add_row("Layer", self._layer, self._skeletons)

    def _build_copy(self) -> None:
        self._labels = Choices(
            "A Labels layer with objects that are right. It is copied, never changed.",
            "Labels to copy",
            "No Labels layer",
        )
        self._labels.chosen.connect(self._follow)
        self._copy = button("Copy", "Copy these labels into a teaching layer.")
        self._copy.clicked.connect(self._on_copy)
        self._copy_row = self.add_row("or copy", self._labels, self._copy)
        self._everything = QCheckBox("Everything is annotated")
        explain(
            self._everything,
            "Every object of the image is in these labels: the whole image is one box, "
            "and what has no label is background.",
        )
        self._everything.clicked.connect(self._on_everything)
        self.add_row("", self._everything)

    def set_example(self, example: ExampleView) -> None:
        """Show what is taught from."""
        self._has_layer, self._has_image = bool(example.layer), bool(example.image)
        self._project.set_text(_project_text(example), example.project_path)
        self._image.set_text(example.image or "none", "As chosen in Segment.")
        self._layer.set_text(example.layer, "Paint in this layer.")
        self._new.setVisible(not example.layer)
        known = example.lies_there or example.joined
        self._new.setText("Open teaching layer" if known else "New teaching layer")
        self.show_row(self._layer_row, bool(example.layer))
        self.show_row(self._copy_row, not example.layer)
        if example.layer:  # without a layer, it is what the user wants of a copy
            self._everything.setChecked(example.everything)
            self._skeletons.setChecked(example.skeletons)
        self._follow()

    def set_label_layers(self, layers: Sequence[Choice]) -> None:
        """Show the Labels layers that can be copied; the chosen one stays."""
        keys = [key for key, _ in layers]
        current = self._labels.current()
        if current not in keys:
            current = keys[0] if keys else None
        self._labels.set_choices(layers, current)
        self._follow()

    def _follow(self) -> None:
        no_labels = None if self._labels.current() else "Open a Labels layer first."
        no_image = None if self._has_image else _NO_IMAGE
        allow(self._new, no_image)
        allow(self._copy, no_image or no_labels)
        no_layer = None if self._labels.current() else _NO_LAYER
        allow(self._everything, None if self._has_layer else no_image or no_layer)

    def _on_copy(self) -> None:
        key = self._labels.current()
        if key is not None:
            self.copy_requested.emit(key, self._everything.isChecked())

    def _on_everything(self, checked: bool) -> None:  # noqa: FBT001 - a signal's
        if self._has_layer:
            self.everything_toggled.emit(checked)


def _project_text(example: ExampleView) -> str:
    if not example.project:
        name = example.project_path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        name = name.rpartition(".")[0] or name
        if example.lies_there:
            return f"{name}, not open yet"
        return f"new: {name}" if name else "none yet"
    if example.examples > 1:
        return f"{example.project}, {wording.counted(example.examples, 'image')}"
    return example.project
