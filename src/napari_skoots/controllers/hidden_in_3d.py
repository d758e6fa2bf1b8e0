"""Labels on disk are hidden in three dimensions, where napari reads all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Labels


class HiddenIn3D(ABC):
    """Goes along as a viewer turns to three dimensions and back.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the labels.
    labels : napari.layers.Labels
        Whose data are on disk.
    """

    def __init__(self, viewer: ViewerModel, labels: Labels) -> None:
        self._viewer = viewer
        self._labels = labels
        self._hid = False
        # so that napari never slices all labels: hidden before it does so for three
        # dimensions, and shown again after it did so for two
        self._before_slicing = _called_first(self)
        ndisplay = viewer.dims.events.ndisplay
        ndisplay.connect(self._before_slicing, position="first")
        ndisplay.connect(self._after_slicing, position="last")
        # before napari's own, which shows what the layer holds
        labels.events.visible.connect(self._on_eye, position="first")

    def close(self) -> None:
        """Follow the viewer no more."""
        ndisplay = self._viewer.dims.events.ndisplay
        ndisplay.disconnect(self._before_slicing)
        ndisplay.disconnect(self._after_slicing)
        self._labels.events.visible.disconnect(self._on_eye)

    @abstractmethod
    def begin(self) -> None:
        """Hide the labels: the viewer is about to show three dimensions."""

    @abstractmethod
    def end(self) -> None:
        """Show the labels again, if they were hidden: it shows two."""

    @abstractmethod
    def _on_eye(self) -> None:
        """Keep labels hidden that somebody wants to see in three dimensions."""

    @property
    def _flat(self) -> bool:
        return bool(self._viewer.dims.ndisplay == 2)

    def _draw(self, *, drawn: bool) -> None:
        """Let napari read the labels when they are shown, or not.

        A click on the eye reads them before anybody is told of it.
        """
        # napari has no public way; without this, labels are read whole once
        self._labels._refresh_blocked = not drawn

    def _after_slicing(self) -> None:
        if self._flat:
            self.end()


def _called_first(hidden: HiddenIn3D) -> Callable[[], None]:
    """Give what napari calls before it slices its layers for three dimensions.

    napari calls its own functions before all others, and knows them by the name of
    their module. If a later version knows better, labels are read whole once more.
    """
    known = ref(hidden)

    def enter() -> None:
        it = known()
        if it is not None and not it._flat:
            it.begin()

    # `position="first"` alone comes after napari's own; harmless where nobody asks
    enter.__module__ = "napari.skoots"
    return enter
