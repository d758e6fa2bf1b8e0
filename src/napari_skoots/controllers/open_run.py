"""A run folder that is open in a viewer: its labels layer, and what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.stream import LabelStream
from napari_skoots.labels_array import ZarrLabels
from napari_skoots.layers.source import FACTS
from skoots.run.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Labels


class OpenRun:
    """A run, and the layer on its labels, wherever that is shown.

    The layer may be removed and shown again; strokes and labels are on disk.

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
        self._viewer = viewer
        self.path = path
        self.name = name
        self.geometry = geometry
        self.image_id = image_id
        self.run = RunFolder.open(path)
        self.labels = ZarrLabels.of_run(path)
        self.layer = self._make_layer()
        self.stream = LabelStream(viewer, self.layer, self.labels)
        self.overlays = _NoOverlays()

    @property
    def shown(self) -> bool:
        """Whether the labels are in the viewer."""
        return self.layer in self._viewer.layers

    def show(self) -> None:
        """Put the labels into the viewer, above all other layers."""
        if self.shown:
            return
        self._viewer.add_layer(self.layer)
        self.layer.refresh()  # napari takes what it drew before for good

    def follow(self) -> None:
        """Follow a job that writes the labels; they cannot be deleted by mistake."""
        self._lock(locked=True)
        self.stream.start()

    def settle(self) -> None:
        """Show what the job left."""
        self._lock(locked=False)
        self.stream.stop()

    def close(self) -> None:
        """Take the labels out of the viewer; the run folder stays."""
        self.settle()
        if self.shown:
            self._viewer.layers.remove(self.layer)
        self.labels.close()

    def _make_layer(self) -> Labels:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            self.labels,
            name=f"{self.name} labels",
            metadata={FACTS: {"run": str(self.path), "image": self.image_id}},
            **self.geometry,
        )
        # napari's own finds the largest label of arrays in memory alone
        layer.bind_key("m", self._new_label, overwrite=True)
        return layer

    def _new_label(self, layer: Labels) -> None:
        layer.selected_label = self.labels.next_label()

    def _lock(self, *, locked: bool) -> None:
        if hasattr(self.layer, "locked"):
            self.layer.locked = locked


class _NoOverlays:
    skeletons_shown = False
    probability_shown = False
