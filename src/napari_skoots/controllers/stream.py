"""A labels layer that follows what is written into its array.

A refresh draws the plane that is shown again, on the thread of the window. So it is
made by a timer, only where something changed in that plane, and the less often the
longer it takes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.labels_array import ZarrLabels

INTERVAL_MS = 200
"""Between two looks at what changed."""

_REST = 4.0
"""A refresh is followed by a rest of so many times what it took."""


class LabelStream:
    """Refreshes a layer when what it shows was changed.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the layer.
    layer : napari.layers.Labels
        On `labels`.
    labels : ZarrLabels
        Written by a job, or by another layer.
    interval_ms : int
        Between two looks.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        layer: Labels,
        labels: ZarrLabels,
        interval_ms: int = INTERVAL_MS,
    ) -> None:
        self._viewer = viewer
        self._layer = layer
        self._labels = labels
        self._interval = interval_ms
        self._pending = False
        self._timer = QTimer()
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.look)
        layer.events.paint.connect(self._on_paint)

    def set_interval(self, interval_ms: int) -> None:
        """Say how long to wait between two looks."""
        self._interval = interval_ms
        self._timer.setInterval(interval_ms)

    def start(self) -> None:
        """Follow what is written."""
        self._timer.start()

    def stop(self) -> None:
        """Follow no more; show what came last."""
        self._timer.stop()
        self.look()

    def abandon(self) -> None:
        """Follow no more and draw no more: the window is gone."""
        self._timer.stop()

    def look(self) -> None:
        """Refresh the layer if what it shows was changed."""
        if self._labels.read_only:  # another program has the run, or had it just now
            self._labels.look_again()
            self._layer.editable = not self._labels.read_only
        boxes = self._labels.take_dirty(own=False)
        if not self._pending and not any(self._is_shown(box) for box in boxes):
            return
        if self._layer not in self._viewer.layers or not self._layer.visible:
            self._pending = True  # when it is shown, napari reads it anew
            return
        self._pending = False
        began = time.perf_counter()
        self._layer.refresh(extent=False, thumbnail=False, highlight=False)
        took_ms = 1000 * (time.perf_counter() - began)
        self._timer.setInterval(max(self._interval, int(_REST * took_ms)))

    def _is_shown(self, box: tuple[tuple[int, int], ...]) -> bool:
        """Whether a box (start, stop along Z, Y, X) meets the plane that is drawn.

        Also outside what is zoomed in on: napari holds the whole plane, and draws
        nothing anew when the view moves within it.
        """
        if self._viewer.dims.ndisplay == 3:
            return True
        shift = self._viewer.dims.ndim - self._layer.ndim
        point = self._layer.world_to_data(self._viewer.dims.point[-self._layer.ndim :])
        hidden = (k - shift for k in self._viewer.dims.not_displayed)
        return all(
            box[axis][0] <= round(float(point[axis])) < box[axis][1]
            for axis in hidden
            if axis >= 0
        )

    def _on_paint(self) -> None:
        """Show a stroke that was made while napari was still loading the plane."""
        if not self._layer.loaded:
            QTimer.singleShot(50, self._layer.refresh)
