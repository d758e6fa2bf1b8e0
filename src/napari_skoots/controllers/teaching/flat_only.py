"""Labels that are too large for three dimensions are hidden there."""

from __future__ import annotations

import numpy as np

from napari_skoots.controllers.hidden_in_3d import HiddenIn3D
from napari_skoots.controllers.notifying import notify

MOST_VOXELS = 1 << 26
"""More are not read at once, as napari does for three dimensions."""


class FlatOnly(HiddenIn3D):
    """Hides a large layer while the viewer shows three dimensions."""

    @property
    def needed(self) -> bool:
        """Whether the layer is too large."""
        return bool(np.prod(self._labels.data.shape, dtype=np.int64) > MOST_VOXELS)

    def add(self) -> None:
        """Put the layer into the viewer; hidden from the start where it shows 3D."""
        if not self._flat:
            self.begin()
        self._viewer.add_layer(self._labels)

    def begin(self) -> None:
        """Hide the layer until the viewer shows two dimensions."""
        if self.needed and self._labels.visible:
            self._draw(drawn=False)
            self._labels.visible = False
            self._hid = True

    def end(self) -> None:
        """Show the layer again, if it was hidden."""
        if self._hid:
            self._hid = False
            self._draw(drawn=True)
            self._labels.visible = True

    def show(self) -> None:
        """Show the layer again, or as soon as the viewer shows two dimensions."""
        if self.needed and not self._flat:
            self._draw(drawn=False)
            self._hid = True
        else:
            self._labels.visible = True

    def _on_eye(self) -> None:
        if self._hid and self._labels.visible and not self._flat:
            self._labels.visible = False
            notify(
                f"{self._labels.name!r} is too large for 3D. It is shown again in 2D."
            )
