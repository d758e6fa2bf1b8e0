"""The widgets that napari docks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_skoots.controllers.bake_binding import BakeBinding
from napari_skoots.controllers.binding import Binding
from napari_skoots.controllers.loading import Loading
from napari_skoots.controllers.session import Session
from napari_skoots.controllers.teach_docked import TeachDocked
from napari_skoots.widgets.bake_panel import BakePanel
from napari_skoots.widgets.load_form import LoadForm
from napari_skoots.widgets.panel import SkootsPanel
from napari_skoots.widgets.teach_panel import TeachPanel

if TYPE_CHECKING:
    import napari.viewer


class SkootsWidget(SkootsPanel):
    """The panel of a viewer; what it shows outlives it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In which it will be docked.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        Binding(self, Session.of(viewer))


class LoadModelWidget(QWidget):
    """Loads a model file into the panel of a viewer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In which it will be docked.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.form = LoadForm()
        self._loading = Loading(self.form, Session.of(viewer))
        column = QVBoxLayout(self)
        column.addWidget(self.form.native)
        column.addStretch(1)
        self.destroyed.connect(self._loading.release)


class BakeSkeletonsWidget(BakePanel):
    """Bakes the skeletons of labels of a viewer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In which it will be docked.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        session = Session.of(viewer)
        BakeBinding(self, session.viewer, session.baking, session.board)


class TrainOnLabelsWidget(TeachPanel):
    """The Teach tab in a dock of its own; the panel shows the same.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In which it will be docked.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        TeachDocked(self, Session.of(viewer))
