"""The tab that segments: its sections from top to bottom."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_skoots.widgets.action_section import ActionSection
from napari_skoots.widgets.drop_zone import DropZone
from napari_skoots.widgets.image_section import ImageSection
from napari_skoots.widgets.model_section import ModelSection
from napari_skoots.widgets.output_section import OutputSection
from napari_skoots.widgets.question_bar import QuestionBar
from napari_skoots.widgets.result_section import ResultSection
from napari_skoots.widgets.rows import GAP
from napari_skoots.widgets.scrolling import scrolled
from napari_skoots.widgets.settings_form import SettingsForm
from napari_skoots.widgets.size_section import SizeSection
from napari_skoots.widgets.stacking import stack
from napari_skoots.widgets.voxel_section import VoxelSection
from napari_skoots.widgets.where_section import WhereSection


class SegmentTab(QWidget):
    """Holds the sections and says nothing itself: listen to the sections.

    What is chosen scrolls; result, question and the two buttons stand below and do not,
    so that they can always be reached.

    Parameters
    ----------
    parent : QWidget, optional
        What it stands in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drop_zone = DropZone()
        self.image = ImageSection()
        self.voxel = VoxelSection()
        self.model = ModelSection()
        self.object_size = SizeSection()
        self.where = WhereSection()
        self.output = OutputSection()
        self.settings = SettingsForm()
        self.result = ResultSection()
        self.question = QuestionBar()
        self.action = ActionSection()
        self.question.asking.connect(self.action.setHidden)
        self.area = scrolled(self._build_choices())
        stack(self, self.area, self.result, self.question, self.action)

    def _build_choices(self) -> QWidget:
        choices = QWidget()
        column = QVBoxLayout(choices)
        column.setContentsMargins(2 * GAP, 2 * GAP, GAP, 2 * GAP)
        column.setSpacing(2 * GAP)
        for section in (
            self.drop_zone,
            self.image,
            self.voxel,
            self.model,
            self.object_size,
            self.where,
            self.output,
            self.settings,
        ):
            column.addWidget(section)
        column.addStretch(1)
        return choices
