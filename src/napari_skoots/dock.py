"""The widget that napari docks as SKOOTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.binding import Binding
from napari_skoots.controllers.session import Session
from napari_skoots.widgets.panel import SkootsPanel

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
