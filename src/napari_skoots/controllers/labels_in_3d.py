"""Labels of a run in three dimensions: a coarse copy, so that nothing is read whole.

While the viewer shows three dimensions, a layer of few voxels stands for the labels.
Labels that are small anyway are shown as they are.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer

from napari_skoots.controllers.hidden_in_3d import HiddenIn3D
from napari_skoots.controllers.notifying import notify
from napari_skoots.jobs import Job
from napari_skoots.layers import geometry_of
from napari_skoots.layers.coarse import coarse_geometry
from napari_skoots.layers.source import FACTS
from skoots.run.coarse_labels import CoarseLabels

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.open_run import OpenRun
    from napari_skoots.labels_array import ZarrLabels
    from skoots.events import Event

INTERVAL_MS = 500
"""Between two looks at what was written."""

_REST = 4.0
"""A refresh is followed by a rest of so many times what it took."""

_WHY = "These labels are too large for 3D: a coarse copy stands for them."


class LabelsIn3D(HiddenIn3D):
    """Shows a coarse copy of a run's labels while the viewer shows three dimensions.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the labels.
    opened : OpenRun
        Whose labels they are.
    interval_ms : int
        Between two looks at what was written.
    """

    def __init__(
        self, viewer: ViewerModel, opened: OpenRun, interval_ms: int = INTERVAL_MS
    ) -> None:
        self._opened = opened
        self._coarse = CoarseLabels(opened.run)
        self._layer: Labels | None = None
        self._job: Job | None = None
        self._interval = interval_ms
        self._timer = QTimer()
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._on_time)
        super().__init__(viewer, opened.layer)
        viewer.layers.events.removed.connect(self._on_removed)
        if not self._flat:
            self.begin()

    @property
    def needed(self) -> bool:
        """Whether the labels are too large to be shown whole."""
        return max(self._coarse.steps) > 1

    @property
    def layer(self) -> Labels | None:
        """The layer that stands for the labels; None in two dimensions."""
        return self._layer

    def close(self) -> None:
        """Show the labels again, and follow no more."""
        super().close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.end()

    def abandon(self) -> None:
        """Draw no more: the window is gone."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()

    def add_labels(self) -> None:
        """Put the labels into the viewer; hidden from the start where it shows 3D."""
        labels, drawn = self._labels, self._flat or not self.needed
        if labels in self._viewer.layers:
            return
        wanted = labels.visible
        labels.visible = wanted and drawn
        self._draw(drawn=drawn)
        self._viewer.add_layer(labels)
        if labels.visible != wanted:
            self._replace()

    def replace(self, labels: ZarrLabels) -> None:
        """Let the layer, which is not in the viewer, show other labels there."""
        self._draw(drawn=False)
        self._labels.data = labels

    def begin(self) -> None:
        """Put the coarse layer in the place of the labels."""
        labels = self._labels
        if labels not in self._viewer.layers or not self.needed:
            return
        self._draw(drawn=False)
        if self._layer is None and labels.visible:
            labels.visible = False
            self._replace()

    def _replace(self) -> None:
        """Show the coarse layer for labels that are hidden, right above them."""
        labels = self._labels
        self._hid, self._layer = True, self._make_layer()
        active = self._viewer.layers.selection.active
        place = self._viewer.layers.index(labels) + 1
        self._viewer.layers.insert(place, self._layer)
        self._viewer.layers.selection.active = active
        self._read()
        self._timer.start()

    def end(self) -> None:
        """Put the labels back in their place, or leave them as they were outside."""
        self._remove_copy()
        labels = self._labels
        self._draw(drawn=labels in self._viewer.layers)
        if self._hid:
            labels.visible, self._hid = True, False
        self._draw(drawn=True)

    def _remove_copy(self) -> None:
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _make_layer(self) -> Labels:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layer = Labels(
            self._coarse.data,
            name=f"{self._labels.name} (coarse, 3D)",
            opacity=self._labels.opacity,
            metadata={FACTS: {"overlay": True}},
            **coarse_geometry(geometry_of(self._labels), self._coarse.steps),
        )
        layer.editable = False
        layer.colormap = self._labels.colormap
        return layer

    # ---- reading

    def _read(self) -> None:
        if self._job is not None or not self._coarse.stale:
            return

        def start() -> Generator[Event, Any, int]:
            return self._coarse.update()

        job = Job(start, f"Read {self._opened.name} for 3D")
        job.ended.connect(lambda: self._on_read())  # noqa: PLW0108 - holds this object
        self._job = job
        job.start()

    def _on_read(self) -> None:
        self._job = None
        self._refresh()

    def _on_time(self) -> None:
        if self._job is None:
            self._read()
        else:
            self._refresh()

    def _refresh(self) -> None:
        if self._layer is None or not self._layer.visible:
            return
        began = time.perf_counter()
        self._layer.refresh(extent=False, thumbnail=False, highlight=False)
        took_ms = 1000 * (time.perf_counter() - began)
        self._timer.setInterval(max(self._interval, int(_REST * took_ms)))

    # ---- the viewer

    def _on_eye(self) -> None:
        if self._flat or not self._labels.visible:
            return
        if self._layer is None:
            self.begin()
        else:
            self._labels.visible = False
            notify(f"{_WHY} Show or hide {self._layer.name!r}.")

    def _on_removed(self) -> None:
        """Go with the labels; a copy that the user removed stays away."""
        layers = self._viewer.layers
        if self._labels not in layers:
            self.end()
        elif self._layer is not None and self._layer not in layers:
            self._remove_copy()
