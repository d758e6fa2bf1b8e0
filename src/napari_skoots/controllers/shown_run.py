"""A run that is open in a viewer, and everything that shows it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.labels_in_3d import LabelsIn3D
from napari_skoots.controllers.open_run import OpenRun
from napari_skoots.controllers.run_overlays import RunOverlays
from napari_skoots.controllers.stream import INTERVAL_MS, LabelStream
from napari_skoots.labels_array import ZarrLabels
from napari_skoots.layers import same_geometry
from skoots.errors import RunError
from skoots.run.layout import is_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.utils.events import Event

_OTHERS_MS = 1000
"""Between two looks at what another program writes."""


class ShownRun(OpenRun):
    """A run whose layer may be removed and shown again; all is on disk.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the layer.
    path : Path
        The run folder.
    name : str
        Of the image.
    geometry : mapping
        Keywords of the layer: scale, place, units, names of axes.
    image_id : str or None
        Unique id of the image's layer.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        path: Path,
        name: str,
        geometry: Mapping[str, Any],
        image_id: str | None,
    ) -> None:
        super().__init__(path, name, geometry, image_id)
        self._viewer = viewer
        self.stream = LabelStream(viewer, self.layer, self.labels)
        self.overlays = RunOverlays(viewer, self)
        self.in_3d = LabelsIn3D(viewer, self)
        self._followed = False
        self._watch_others()
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def shown(self) -> bool:
        """Whether the labels are in the viewer."""
        return self.layer in self._viewer.layers

    def show(self) -> None:
        """Put the labels into the viewer, above all other layers."""
        if self.shown:
            return
        if self.labels.read_only:  # given back, or another program had it
            self._take()
        self.in_3d.add_labels()
        if self.layer.visible:
            self.layer.refresh()  # napari takes what it drew before for good

    def follow(self, interval_ms: int = INTERVAL_MS) -> None:
        """Follow a job that writes the labels."""
        self._followed = True
        self.lock(locked=True)
        self.stream.set_interval(interval_ms)
        self.stream.start()

    def settle(self) -> None:
        """Show what the job left."""
        self._followed = False
        self.lock(locked=False)
        self.stream.stop()
        if not self.shown:
            self.labels.close()

    def close(self) -> None:
        """Take all that shows it out of the viewer; the run folder stays."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.settle()
        self.overlays.hide()
        if self.shown:  # first: in 3D they would be shown whole
            # a brush that hovers over a layer that goes has crashed OpenGL
            self.layer.mode = "pan_zoom"
            self._viewer.layers.remove(self.layer)
        self.in_3d.close()
        self.labels.close()

    def check(self) -> None:
        """Refuse to work on a run whose folder somebody deleted.

        Raises
        ------
        RunError
            That says so; what is missing would be read as background.
        """
        if not is_run(self.path):
            raise RunError(
                f"{self.path} is gone: somebody deleted or moved it. Bring it back, or "
                "segment the image again."
            )

    def follow_image(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, if its scale or place was changed."""
        if same_geometry(geometry, self.geometry):
            return
        self.geometry = geometry
        for name in ("units", "scale", "translate", "rotate", "shear", "affine"):
            if name in geometry:
                setattr(self.layer, name, geometry[name])
        self.overlays.hide()

    def abandon(self) -> None:
        """Draw no more: the window is gone."""
        self.stream.abandon()
        self.in_3d.abandon()
        self.labels.close()

    def _take(self) -> None:
        """Let nobody else write the run again, if nobody does."""
        self.labels = ZarrLabels.of_run(self.path)
        self.in_3d.replace(self.labels)
        self.stream.abandon()
        self.stream = LabelStream(self._viewer, self.layer, self.labels)
        self._watch_others()

    def _watch_others(self) -> None:
        """Follow a run that another program writes; it cannot be painted meanwhile."""
        self.layer.editable = not self.labels.read_only
        if self.labels.read_only:
            self.stream.set_interval(_OTHERS_MS)
            self.stream.start()

    def _on_removed(self, event: Event) -> None:
        """Let other programs write a run that nobody looks at."""
        if event.value is self.layer and not self._followed:
            self.labels.close()
