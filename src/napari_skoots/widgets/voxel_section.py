"""How large a voxel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QWidget

from napari_skoots.widgets.buttons import button
from napari_skoots.widgets.explain import allow
from napari_skoots.widgets.number_fields import Number
from napari_skoots.widgets.rows import Section, side_by_side
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from skoots._types import VoxelSize

_PER_UM = {"nm": 1000.0, "µm": 1.0}
_LARGEST = 1e6


class VoxelSection(Section):
    """Shows and takes the size of a voxel along Z, Y, X, in micrometres."""

    voxel_size_changed = Signal(tuple)
    """Three edge lengths along Z, Y, X, in micrometres."""

    apply_requested = Signal(tuple)
    """The same: the layer shall take it as its scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size: VoxelSize | None = None
        self._edges = [self._edge(axis) for axis in "ZYX"]
        self._unit = button(
            "nm", "Switch between nm and µm; the size stays the same.", "Unit"
        )
        self._unit.clicked.connect(self._on_unit)
        controls: list[QWidget] = [self._edges[0]]
        for edge in self._edges[1:]:
            controls += [QLabel("×"), edge]
        self.add_row("Voxel", side_by_side([*controls, self._unit], (0, 2, 4)))
        self._origin = Line(quiet=True)
        self._apply = button(
            "Apply to layer",
            "Give the layer this voxel size, so that napari draws it in proportion and "
            "the scale bar is right.",
        )
        self._apply.clicked.connect(self._on_apply)
        self.add_row("", self._origin, self._apply)
        self.set_voxel_size(None, "")

    def _edge(self, axis: str) -> Number:
        edge = Number(f"Edge of a voxel along {axis}.", f"Voxel size along {axis}")
        edge.setRange(0, _LARGEST)
        edge.setSpecialValueText("?")
        edge.valueChanged.connect(self._on_edited)
        return edge

    def set_voxel_size(
        self, size_um: VoxelSize | None, origin: str, *, applied: bool = False
    ) -> None:
        """Show a voxel size.

        Parameters
        ----------
        size_um : VoxelSize or None
            Edge lengths along Z, Y, X in micrometres; None where nobody knows.
        origin : str
            Where it comes from, such as ``from the file``.
        applied : bool
            Whether the layer has it already.
        """
        # The same leaves what is being typed, of which nobody has heard yet.
        if size_um != self._size:
            self._size = size_um
            if size_um is not None:
                self._set_unit("nm" if max(size_um) < 1 else "µm")
            self._show()
        self._origin.set_text(origin)
        reason = None
        if size_um is None:
            reason = "Type a voxel size first."
        elif applied:
            reason = "The layer has this voxel size."
        allow(self._apply, reason)

    def _on_unit(self) -> None:
        self._set_unit("µm" if self._unit.text() == "nm" else "nm")
        self._show()

    def _set_unit(self, unit: str) -> None:
        self._unit.setText(unit)
        self._unit.setAccessibleName(f"Unit: {unit}")

    def _show(self) -> None:
        factor = _PER_UM[self._unit.text()]
        for place, edge in enumerate(self._edges):
            edge.show_value(0 if self._size is None else self._size[place] * factor)

    def _on_edited(self) -> None:
        factor = _PER_UM[self._unit.text()]
        z, y, x = (edge.value() / factor for edge in self._edges)
        if min(z, y, x) > 0:
            self._size = (z, y, x)
            self.voxel_size_changed.emit(self._size)

    def _on_apply(self) -> None:
        if self._size is not None:
            self.apply_requested.emit(self._size)
