"""Where the result is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal

from napari_skoots.widgets.buttons import button, tell
from napari_skoots.widgets.rows import Section
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


class OutputSection(Section):
    """Shows the run folder, and lets another be chosen."""

    output_change_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = Line()
        change = button(
            "Change…",
            "Choose where the result is written. It is a folder that can be reopened.",
            "Change where the result is written",
        )
        tell(change, self.output_change_requested)
        self.add_row("Save to", self._path, change)
        self._note = Line(quiet=True)
        self._note_row = self.add_row("", self._note)
        self.set_output("", "")

    def set_output(self, path: str, note: str) -> None:
        """Show where the result goes.

        Parameters
        ----------
        path : str
            The run folder; empty while no image is chosen.
        note : str
            What to know, such as ``holds a run that is half done``; may be empty.
        """
        name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
        self._path.set_text(name or "beside the image", path)
        self._note.set_text(note)
        self.show_row(self._note_row, bool(note))
