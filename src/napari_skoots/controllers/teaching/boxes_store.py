"""Boxes go to disk soon after each change, and again where that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from napari_skoots.controllers.teaching.stored_soon import StoredSoon
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from napari_skoots.controllers.teaching.boxes_in_view import BoxesInView
    from napari_skoots.controllers.teaching.boxes_layer import BoxesLayer
    from skoots.teach.example import Example
    from skoots.train.data.taught_boxes import TaughtBox

STORE_MS = 200
"""Boxes are stored so long after the last change."""


class BoxesStore:
    """Stores what a layer shows, and shows what somebody else has stored.

    Parameters
    ----------
    example : Example
        Whose boxes they are.
    shapes : BoxesLayer
        What is drawn.
    in_view : BoxesInView
        Draws them anew.
    """

    changed = Signal()
    """Other boxes are stored, or could not be."""

    failed = Signal(object)
    """They could not be stored; the exception."""

    def __init__(
        self, example: Example, shapes: BoxesLayer, in_view: BoxesInView
    ) -> None:
        self._example = example
        self._shapes = shapes
        self._in_view = in_view
        self._stored = StoredSoon(STORE_MS, self._write, self._on_failure)

    @property
    def unstored(self) -> bool:
        """Whether something that was drawn is not on the disk yet."""
        return self._stored.unstored

    def ask(self) -> None:
        """Store the boxes soon: they were changed."""
        self._stored.ask()

    def write(self) -> None:
        """Store what is not on the disk yet.

        Raises
        ------
        SkootsError
            If that cannot be done.
        """
        self._stored.write()

    def flush(self) -> None:
        """Store now what is not on the disk yet; what forbids it is said again."""
        self._stored.flush()

    def look_again(self) -> bool:
        """Show what another viewer or a script has stored; whether it is another."""
        if self.unstored:
            return False  # what is drawn here is stored first, and meets it then
        before = self._example.drawn_boxes
        try:
            other = self._example.look_again()
        except SkootsError:  # who counts what is painted says so
            return False
        if other:
            self._show_stored(before)
        return other

    def close(self) -> None:
        """Store nothing more."""
        self._stored.close()

    def _write(self) -> None:
        boxes = self._shapes.boxes(self._example.shape)
        self._example.set_boxes(boxes)
        self._show_stored(tuple(boxes))
        self.changed.emit()

    def _on_failure(self, error: SkootsError) -> None:
        self.failed.emit(error)
        self.changed.emit()

    def _show_stored(self, shown: tuple[TaughtBox, ...]) -> None:
        """Draw the boxes anew where somebody else has changed them."""
        stored = self._example.drawn_boxes
        if stored != shown:
            self._in_view.fill(stored)
