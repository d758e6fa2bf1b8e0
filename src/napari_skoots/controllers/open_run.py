"""A run folder that is open: its arrays, and a layer on its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.labels_array import ZarrLabels
from napari_skoots.layers.source import FACTS
from napari_skoots.layers.undo import undo_through
from skoots.run.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari.layers import Labels


class OpenRun:
    """A run, and a layer that can be painted on, in a viewer or not.

    Parameters
    ----------
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
        self, path: Path, name: str, geometry: Mapping[str, Any], image_id: str | None
    ) -> None:
        self.path = path
        self.name = name
        self.geometry = geometry
        self.image_id = image_id
        self.run = RunFolder.open(path)
        self.labels = ZarrLabels.of_run(path)
        self.layer = self._make_layer()

    def lock(self, *, locked: bool) -> None:
        """Keep the layer from being deleted by mistake, or no more."""
        if hasattr(self.layer, "locked"):
            self.layer.locked = locked

    def _make_layer(self) -> Labels:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            self.labels,
            name=f"{self.name} labels",
            metadata={FACTS: {"run": str(self.path), "image": self.image_id}},
            **self.geometry,
        )
        undo_through(layer, self.labels)
        # napari's own finds the largest label of arrays in memory alone
        layer.bind_key("m", self._new_label, overwrite=True)
        return layer

    def _new_label(self, layer: Labels) -> None:
        layer.selected_label = self.labels.next_label()
