"""Keys that do something while a viewer has a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel

    from napari_skoots.controllers.teaching.comparing import Comparing

SHORTCUTS = (
    ("Shift+Space", "Preview around the cursor"),
    ("Shift+Enter", "Segment"),
    ("M", "A new label, in a layer of SKOOTS"),
    ("B", "Before or after, while a training is compared"),
)
"""Key and what it does, as the panel shows them."""

_COMPARE = "b"

NOTE = "Every action is also in napari's command palette (Ctrl+Shift+P): type SKOOTS."


def bind_keys(
    viewer: ViewerModel, preview: Callable[[], None], segment: Callable[[], None]
) -> None:
    """Let keys of a viewer call a session.

    Parameters
    ----------
    viewer : ViewerModel
        Whose keys they are, whatever layer is selected.
    preview, segment : callable
        What they do.
    """
    for key, act in (("Shift-Space", preview), ("Shift-Enter", segment)):
        viewer.bind_key(key, _without_viewer(act), overwrite=True)


class CompareKey:
    """Lets `B` switch between before and after, while there is something to compare.

    In Labels layers napari's own `B` preserves labels, in Shapes layers it moves shapes
    to the back; a layer's keys go before the viewer's. Both stay as they are: `B` is
    bound to the viewer, and beside it only to the layers that are compared.

    Parameters
    ----------
    viewer : ViewerModel
        Whose key it is, while a layer is selected that has none of its own.
    comparing : Comparing
        Says whether there is something to compare, and in which layers.
    toggle : callable
        What the key does.
    """

    def __init__(
        self, viewer: ViewerModel, comparing: Comparing, toggle: Callable[[], None]
    ) -> None:
        self._viewer = viewer
        self._comparing = comparing
        self._toggle = toggle
        self._bound: list[tuple[Any, Any]] = []
        comparing.changed.connect(self._follow)
        self._follow()

    def close(self) -> None:
        """Give back the key, and listen no more."""
        self._comparing.changed.disconnect(self._follow, missing_ok=True)
        self._release()

    def _follow(self) -> None:
        wanted: list[Any] = []
        if self._comparing.view is not None:
            wanted = [self._viewer, *self._comparing.layers]
        if [each for each, _ in self._bound] == wanted:
            return
        self._release()
        pressed = _without_viewer(self._toggle)
        self._bound = [
            (each, each.bind_key(_COMPARE, pressed, overwrite=True)) for each in wanted
        ]

    def _release(self) -> None:
        """Bind again what was bound before, if anything was."""
        for each, before in self._bound:
            each.bind_key(_COMPARE, before, overwrite=True)
        self._bound = []


def _without_viewer(act: Callable[[], None]) -> Callable[[Any], None]:
    def pressed(_viewer: Any) -> None:
        act()

    return pressed
