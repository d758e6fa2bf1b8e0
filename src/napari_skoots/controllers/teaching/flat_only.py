"""Labels that are too large for three dimensions are hidden there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from napari_skoots.controllers.notifying import notify

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Labels

MOST_VOXELS = 1 << 26
"""More are not read at once, as napari does for three dimensions."""


class FlatOnly:
    """Hides a large layer while the viewer shows three dimensions.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the layer.
    layer : napari.layers.Labels
        Whose data are on disk.
    """

    def __init__(self, viewer: ViewerModel, layer: Labels) -> None:
        self._viewer = viewer
        self._layer = layer
        self._hid = False
        self._before_slicing = _called_first(self)
        ndisplay = viewer.dims.events.ndisplay
        ndisplay.connect(self._before_slicing, position="first")
        ndisplay.connect(self._on_leave, position="last")
        layer.events.visible.connect(self._on_eye, position="first")

    @property
    def needed(self) -> bool:
        """Whether the layer is too large."""
        return bool(np.prod(self._layer.data.shape, dtype=np.int64) > MOST_VOXELS)

    def add(self) -> None:
        """Put the layer into the viewer; hidden from the start where it shows 3D."""
        if self._viewer.dims.ndisplay == 3:
            self.hide()
        self._viewer.add_layer(self._layer)

    def hide(self) -> None:
        """Hide the layer until the viewer shows two dimensions."""
        if not self.needed or not self._layer.visible:
            return
        # napari has no public way; a click on the eye reads all before anybody hears
        self._layer._refresh_blocked = True
        self._layer.visible = False
        self._hid = True

    def show(self) -> None:
        """Show the layer again, or as soon as the viewer shows two dimensions."""
        if self.needed and self._viewer.dims.ndisplay == 3:
            self._layer._refresh_blocked = True
            self._hid = True
        else:
            self._layer.visible = True

    def close(self) -> None:
        """Follow the viewer no more."""
        ndisplay = self._viewer.dims.events.ndisplay
        ndisplay.disconnect(self._before_slicing)
        ndisplay.disconnect(self._on_leave)
        self._layer.events.visible.disconnect(self._on_eye)

    def _on_leave(self) -> None:
        if self._viewer.dims.ndisplay != 2 or not self._hid:
            return
        self._hid = False
        self._layer._refresh_blocked = False
        self._layer.visible = True

    def _on_eye(self) -> None:
        if self._hid and self._layer.visible and self._viewer.dims.ndisplay == 3:
            self._layer.visible = False
            notify(
                f"{self._layer.name!r} is too large for 3D. It is shown again in 2D."
            )


def _called_first(hidden: FlatOnly) -> Callable[[], None]:
    """Give what napari calls before it slices its layers for three dimensions.

    napari calls its own functions before all others, and knows them by the name of
    their module. If a later version knows better, labels are read whole once more.
    """
    known = ref(hidden)

    def enter() -> None:
        it = known()
        if it is not None and it._viewer.dims.ndisplay == 3:
            it.hide()

    # `position="first"` alone comes after napari's own; harmless where nobody asks
    enter.__module__ = "napari.skoots"
    return enter
