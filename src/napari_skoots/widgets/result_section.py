"""What can be done with a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QSizePolicy, QVBoxLayout, QWidget

from napari_skoots.widgets import wording
from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.explain import allow, explain
from napari_skoots.widgets.rows import GAP, side_by_side
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from napari_skoots.state.views import ResultView


class ResultSection(QWidget):
    """Toggles for what the network said; a table, a receipt, a copy. Else hidden."""

    skeletons_toggled = Signal(bool)
    probability_toggled = Signal(bool)
    table_requested = Signal()
    receipt_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Line()
        self._skeletons = QCheckBox("Skeletons")
        explain(self._skeletons, "Show the skeleton of each object as points.")
        self._skeletons.clicked.connect(self.skeletons_toggled)
        self._probability = QCheckBox("Probability")
        explain(
            self._probability, "Show how sure the network is that a voxel is an object."
        )
        self._probability.clicked.connect(self.probability_toggled)
        self._build_buttons()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self._title)
        column.addWidget(side_by_side((self._skeletons, self._probability), (0, 1)))
        buttons = (self._table, self._receipt, self._save)
        column.addWidget(side_by_side(buttons, (0, 1, 2)))
        self.set_result(None)

    def _build_buttons(self) -> None:
        self._table = button("Table", "Volumes of all objects, as a table.")
        self._receipt = button(
            "Receipt", "How this was made: model, settings, versions, time."
        )
        self._save = button("Save…", "Save the labels as OME-Zarr or compressed TIFF.")
        for each in (self._table, self._receipt, self._save):
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        tell(self._table, self.table_requested)
        tell(self._receipt, self.receipt_requested)
        tell(self._save, self.save_requested)

    def set_result(self, result: ResultView | None) -> None:
        """Show a result, or hide all.

        Parameters
        ----------
        result : ResultView or None
            None where no result belongs to what is chosen.
        """
        self.setVisible(result is not None)
        if result is None:
            return
        said = [] if result.final else ["not finished"]
        if result.objects is not None:
            said.insert(0, wording.counted(result.objects, "object"))
        self._title.set_text(f"{result.title}: {', '.join(said)}", result.path)
        self._skeletons.setChecked(result.skeletons_shown)
        self._probability.setChecked(result.probability_shown)
        missing = "The run has none yet."
        allow(self._skeletons, None if result.has_skeletons else missing)
        allow(self._probability, None if result.has_probability else missing)
