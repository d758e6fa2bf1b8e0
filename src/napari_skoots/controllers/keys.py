"""Keys that do something while a viewer has a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel

SHORTCUTS = (
    ("Shift+Space", "Preview around the cursor"),
    ("Shift+Enter", "Segment"),
    ("M", "A new label, in a layer of SKOOTS"),
)
"""Key and what it does, as the panel shows them."""

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


def _without_viewer(act: Callable[[], None]) -> Callable[[Any], None]:
    def pressed(_viewer: Any) -> None:
        act()

    return pressed
