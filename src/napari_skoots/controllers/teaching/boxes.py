"""The boxes of an example, as the user draws and changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.box_geometry import is_slip, planes_drawn
from napari_skoots.controllers.teaching.boxes_in_view import BoxesInView
from napari_skoots.controllers.teaching.boxes_layer import UNKNOWN, BoxesLayer
from napari_skoots.controllers.teaching.boxes_store import BoxesStore
from napari_skoots.controllers.teaching.later import Later
from napari_skoots.state.teaching import BoxView
from skoots.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.components import ViewerModel
    from numpy.typing import NDArray

    from napari_skoots.controllers.teaching.boxes_layer import Row
    from skoots.teach.example import Example

_BUSY_MS = 50
"""While the user draws, it is looked again so long after."""


class Boxes:
    """Draws the boxes of an example, and takes what the user draws.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layer.
    example : Example
        Whose boxes they are.
    name : str
        Of the image.
    geometry : mapping
        Where the image lies, as `geometry_of` says it.
    """

    changed = Signal()
    """Other boxes are stored, or another one is selected."""

    failed = Signal(object)
    """They could not be stored; the exception."""

    def __init__(
        self,
        viewer: ViewerModel,
        example: Example,
        name: str,
        geometry: Mapping[str, Any],
    ) -> None:
        self._viewer = viewer
        self._example = example
        self.objects: NDArray[np.int64] = np.zeros((0, 3, 2), np.int64)
        """Boxes of what is painted, as last counted."""
        self._shapes = BoxesLayer(f"{name} boxes", geometry)
        self.layer = self._shapes.layer
        self._in_view = BoxesInView(viewer, self._shapes, example.shape)
        self._store = BoxesStore(example, self._shapes, self._in_view)
        self._taken = Later(0, self._take)
        self._store.changed.connect(self.changed)
        self._store.failed.connect(self.failed)
        self._shapes.edited.connect(self._on_edit)
        self._in_view.fill(example.drawn_boxes)
        self._lock()

    # ---- showing

    @property
    def view(self) -> BoxView | None:
        """The box that is selected, or was drawn last."""
        place = self._shapes.current
        if place is None or self._example.everything:
            return None
        first, last, held_out = self._shapes.rows[place]
        if first == UNKNOWN:
            return None
        planes = self._example.shape[0]
        return BoxView(place + 1, first, last, planes, held_out)

    def show(self) -> None:
        """Put the layer into the viewer; another one stays selected."""
        self._in_view.show()

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        self._in_view.remove()

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        self._in_view.move(geometry)

    def show_again(self) -> None:
        """Let them be seen, where they were hidden for a while."""
        self._lock()

    def draw(self) -> None:
        """Let the user draw a box.

        Raises
        ------
        TrainingError
            If the whole image is one.
        """
        if self._example.everything:
            raise TrainingError(
                "The whole image is one box. Say that not everything is annotated, "
                "then draw boxes."
            )
        self.show()
        self._viewer.layers.selection.active = self.layer
        self.layer.mode = "add_rectangle"

    def set_everything(self, everything: bool) -> None:  # noqa: FBT001 - a signal's
        """Make the whole image one box, or go back to those that were drawn.

        Raises
        ------
        SkootsError
            If nothing can be stored; all stays as it is then.
        """
        if self._taken.asked:
            self._take()
        self._store.write()
        if everything:
            self._example.teach_everything()
        else:
            self._example.teach_drawn()
        self._lock()
        self.changed.emit()

    def set_planes(self, first: int, last: int) -> None:
        """Say from which plane to which the selected box reaches, both inside."""
        place, rows = self._chosen(), self._shapes.rows
        depth = self._example.shape[0]
        low, high = sorted((first, last))
        low, high = max(0, low), min(depth - 1, high)
        if low > high:
            raise TrainingError(
                f"The image has the planes 0 to {depth - 1}, and {first} to {last} "
                "are none of them."
            )
        rows[place] = (low, high, rows[place][2])
        self._shapes.describe(rows)
        self._in_view.put_within()
        self._store.ask()

    def set_held_out(self, held_out: bool) -> None:  # noqa: FBT001 - a signal's
        """Keep the selected box from training, or no more."""
        place, rows = self._chosen(), self._shapes.rows
        rows[place] = (*rows[place][:2], held_out)
        self._shapes.describe(rows)
        self._store.ask()

    # ---- storing

    @property
    def unstored(self) -> bool:
        """Whether something that was drawn is not on the disk yet."""
        return self._store.unstored

    def flush(self) -> None:
        """Store the boxes now, if they changed or could not be stored before."""
        if self._taken.asked:
            self._take()
        self._store.flush()

    def look_again(self) -> None:
        """Show what another viewer or a script did to the boxes."""
        if self._taken.asked or self._shapes.busy:
            return  # what is drawn here is stored first, and meets it then
        if self._store.look_again():
            self._lock()
            self.changed.emit()

    def close(self) -> None:
        """Store what changed, and follow the viewer no more."""
        try:
            self.flush()
        finally:
            self._taken.forget()
            self._store.close()
            self._in_view.close()

    # ---- what the user draws

    def _on_edit(self) -> None:
        self._taken.ask()  # napari has not finished with the shape

    def _take(self) -> None:
        """Give what was drawn its planes, and note what is to be stored."""
        self._taken.forget()
        if self._shapes.busy:
            self._taken.ask(_BUSY_MS)
            return
        slips = [k for k, shape in enumerate(self._shapes.shapes) if is_slip(shape)]
        if slips:
            self._shapes.remove(slips)
        pairs = zip(self._shapes.shapes, self._shapes.rows, strict=True)
        self._shapes.describe([self._with_planes(*pair) for pair in pairs])
        self._in_view.flatten()
        self._in_view.straighten()
        boxes = self._shapes.boxes(self._example.shape)
        if tuple(boxes) != self._example.drawn_boxes:
            self._store.ask()
        self.changed.emit()

    def _with_planes(self, shape: NDArray[np.float64], row: Row) -> Row:
        if row[0] != UNKNOWN:
            return row
        depth = self._example.shape[0]
        return *planes_drawn(shape, self.objects, depth), False

    def _chosen(self) -> int:
        if self._taken.asked:
            self._take()
        place = self._shapes.current
        if place is None or self._example.everything:
            raise TrainingError("There is no box. Draw one.")
        return place

    def _lock(self) -> None:
        """Hide the boxes while the whole image is one."""
        everything = self._example.everything
        if everything:
            self.layer.mode = "pan_zoom"
        self.layer.visible = not everything
        self.layer.editable = not everything
