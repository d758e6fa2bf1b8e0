"""The form of ``Bake skeletons``: which labels, how large a voxel, what to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.application import use_app
from magicgui.types import FileDialogMode
from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FileEdit,
    FloatSpinBox,
    Label,
    PushButton,
)
from psygnal import Signal

from napari_skoots.state.baking import BakeWish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_skoots.state.views import Choice
    from skoots._types import VoxelSize

_FILES = "Skeletons (*.skeletons.trch)"
_NO_LABELS = "Add a Labels layer first."


class BakeForm(Container[Any]):
    """Asks what is baked; setters in, signals out."""

    layer_chosen = Signal(str)
    """Unique id of a Labels layer."""

    bake_requested = Signal(object)
    """A `BakeWish`."""

    def __init__(self) -> None:
        self._choice = ComboBox(
            label="Labels",
            choices=[],
            tooltip="Objects, each with a number of its own. Any Labels layer will do.",
        )
        self._edges = [self._edge(axis) for axis in "ZYX"]
        self._size = Container(
            widgets=self._edges, layout="horizontal", labels=False, label="Voxel"
        )
        self._size.margins = (0, 0, 0, 0)
        self._origin = Label(label="")
        self._arrows = CheckBox(
            text="Arrows to the skeletons",
            tooltip="From voxels to their skeletons: what a network learns.",
        )
        self._distance = CheckBox(
            text="Distance to the skeleton",
            tooltip="As an image; takes memory for every voxel.",
        )
        self._save = CheckBox(
            text="Save for training",
            tooltip="Training reads skeletons that lie beside the file of the labels.",
        )
        self._path = FileEdit(
            label="File",
            mode=FileDialogMode.OPTIONAL_FILE,
            filter=_FILES,
            nullable=True,
        )
        self._note = Label(label="")
        self._bake = PushButton(text="Bake skeletons")
        self._unit_um = 1.0
        self._names: list[str] = []
        super().__init__(
            widgets=[
                self._choice,
                self._size,
                self._origin,
                self._arrows,
                self._distance,
                self._save,
                self._path,
                self._note,
                self._bake,
            ]
        )
        self._connect()
        self.set_layers([], None)
        self._on_save()

    def _edge(self, axis: str) -> FloatSpinBox:
        return FloatSpinBox(
            min=0.0,
            max=1e6,
            step=0.01,
            value=1.0,
            tooltip=f"Edge of a voxel along {axis}. Only the proportions count.",
        )

    def _connect(self) -> None:
        self._choice.changed.connect(self._on_layer)
        self._save.changed.connect(self._on_save)
        self._path.changed.connect(self._on_path)
        self._bake.changed.connect(self.bake)

    # ---- setters

    def set_layers(self, layers: Sequence[Choice], current: str | None) -> None:
        """Offer Labels layers, by unique id and name."""
        with self._choice.changed.blocked():
            self._choice.choices = [(name, key) for key, name in layers]
            if current is not None:
                self._choice.value = current
        self._names = [name for _, name in layers]
        self._bake.enabled = current is not None
        self._bake.tooltip = "" if current is not None else _NO_LABELS
        if current is None:
            self._origin.value = _NO_LABELS

    def set_voxel_size(self, size: VoxelSize, *, physical: bool) -> None:
        """Show the size of a voxel along Z, Y, X: micrometres, or proportions."""
        small = physical and max(size) < 1
        self._unit_um = 1000.0 if small else 1.0
        unit = "nm" if small else "µm" if physical else "proportions"
        for edge, value in zip(self._edges, size, strict=True):
            edge.value = round(value * self._unit_um, 4)
        self._origin.value = f"{unit}, z × y × x, as the layer is scaled"

    def set_path(self, path: Path | None) -> None:
        """Say where skeletons would be saved; None where labels are from no file."""
        self._path.value = path
        self._on_path()

    def set_ready(self, reason: str | None) -> None:
        """Let the user begin; or say why not."""
        self._bake.enabled = reason is None and self._choice.value is not None
        self._bake.tooltip = reason or ""

    def set_wishes(
        self, *, arrows: bool = False, distance: bool = False, save: bool = False
    ) -> None:
        """Tick what is wanted besides points."""
        self._arrows.value = arrows
        self._distance.value = distance
        self._save.value = save

    # ---- what the user does

    @property
    def layers(self) -> list[str]:
        """Names of the layers that are offered."""
        return list(self._names)

    @property
    def wish(self) -> BakeWish | None:
        """What is asked for at present; None without labels."""
        if self._choice.value is None:
            return None
        z, y, x = (edge.value / self._unit_um for edge in self._edges)
        return BakeWish(
            layer=self._choice.value,
            voxel_size=(z, y, x),
            arrows=bool(self._arrows.value),
            distance=bool(self._distance.value),
            save=self._path_or_none() if self._save.value else None,
        )

    def bake(self) -> None:
        """Do what a press of the button does."""
        if self._save.value and self._path_or_none() is None:
            place = self.ask()
            if place is None:
                return  # the user thought better of it
            self._path.value = place
        wish = self.wish
        if wish is not None:
            self.bake_requested.emit(wish)

    def ask(self) -> Path | None:
        """Ask where to save; None if the user thought better of it."""
        show = use_app().get_obj("show_file_dialog")
        chosen = show(
            FileDialogMode.OPTIONAL_FILE,
            caption="Save the skeletons",
            start_path=None,
            filter=_FILES,
            parent=self.native,
        )
        return Path(chosen) if chosen else None

    def _on_layer(self, key: str | None) -> None:
        if key:
            self.layer_chosen.emit(key)

    def _on_save(self) -> None:
        wanted = bool(self._save.value)
        self._path.visible = wanted
        self._note.visible = wanted
        self._on_path()

    def _on_path(self) -> None:
        path = self._path_or_none()
        if path is None:
            self._note.value = "You are asked for a place."
        elif path.exists():
            self._note.value = "The file that is there is replaced."
        else:
            self._note.value = ""

    def _path_or_none(self) -> Path | None:
        text = str(self._path.line_edit.value).strip()
        return Path(text) if text else None
