"""Images that are dropped on napari's canvas, read again as the panel reads them.

napari's reader takes a file into memory and forgets how large a voxel is and what its
axes mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_skoots.layers.source import FACTS, path_of
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_skoots.controllers.images import Images


class Dropped:
    """Takes layers that napari made of a file, and puts lazy ones in their place.

    Parameters
    ----------
    viewer : ViewerModel
        Where files are dropped.
    images : Images
        Opens files, and chooses.
    """

    def __init__(self, viewer: ViewerModel, images: Images) -> None:
        self._viewer = viewer
        self._images = images
        self._waiting: dict[Path, list[Layer]] = {}
        # napari is still busy with the layer when it tells of it
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._open)

    def take(self, layer: Layer) -> None:
        """Take a layer that was just inserted, if it is an image of a file."""
        path = path_of(layer)
        if path is None or "path" in layer.metadata.get(FACTS, {}):
            return
        if layer in self._images.layers:
            self._waiting.setdefault(path, []).append(layer)
            self._timer.start()

    def _open(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for path, layers in waiting.items():
            try:
                made = self._images.read_file(path)
            except SkootsError:  # a format that only napari can read
                self._images.choose(str(layers[0].unique_id))
                continue
            for layer in layers:
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
            self._images.add(made)  # under the name that is free now
