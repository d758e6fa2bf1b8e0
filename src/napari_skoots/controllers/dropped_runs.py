"""Run folders that napari opened as a layer, opened again as the panel opens them.

napari's reader gives labels that can be painted, and no more: what shows a run, follows
a job that writes it and finds its image is the session's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_skoots.layers.source import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_skoots.controllers.segmenting import Segmenting


class DroppedRuns:
    """Takes layers of runs that are not the session's own.

    Parameters
    ----------
    viewer : ViewerModel
        Where runs are dropped, or were before there was a session.
    segmenting : Segmenting
        Knows the runs that are open.
    reopen : callable
        Opens a run folder, and says what cannot be done.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        segmenting: Segmenting,
        reopen: Callable[[Path], None],
    ) -> None:
        self._viewer = viewer
        self._segmenting = segmenting
        self._reopen = reopen
        self._waiting: list[Layer] = []
        # napari is still busy with the layer when it tells of it
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._open)
        for layer in viewer.layers:
            self.take(layer)

    def close(self) -> None:
        """Take nothing more: the window is gone."""
        self._timer.stop()
        self._waiting.clear()

    def take(self, layer: Layer) -> None:
        """Take a layer, if it is of a run that is not shown by the session."""
        path = _run_of(layer)
        if path is None:
            return
        known = self._segmenting.find(path)
        if known is None or known.layer is not layer:
            self._waiting.append(layer)
            self._timer.start()

    def _open(self) -> None:
        waiting, self._waiting = self._waiting, []
        for layer in waiting:
            path = _run_of(layer)
            if path is None or layer not in self._viewer.layers:
                continue
            self._viewer.layers.remove(layer)
            self._reopen(path)
            layer.data.close()  # not before: another program might come between


def _run_of(layer: Layer) -> Path | None:
    """Give the run folder whose labels a layer paints on, if it does."""
    from napari_skoots.labels_array import ZarrLabels  # noqa: PLC0415 - imports zarr

    run = layer.metadata.get(FACTS, {}).get("run")
    if run is None or not isinstance(layer.data, ZarrLabels):
        return None
    return Path(run)
