"""Skeletons that follow what is painted, and that the user may move."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_skoots.controllers.teaching.drawn_points import DrawnPoints
from napari_skoots.controllers.teaching.placing import lie_on
from napari_skoots.controllers.teaching.stored_soon import StoredSoon
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Labels, Points
    from numpy.typing import NDArray

    from skoots.teach.example import Example
    from skoots.teach.skeleton_store import Skeleton

STORE_MS = 300
"""Moved points are stored so long after the last change."""


class LiveSkeletons:
    """A layer of points for the objects of an example.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layer.
    example : Example
        Whose objects they belong to, and which keeps what was moved.
    labels : napari.layers.Labels
        Whose colours they take.
    name : str
        Of the image.
    geometry : mapping
        Where the image lies.
    """

    changed = Signal()
    """They are shown or not, whoever did it."""

    dropped = Signal(object)
    """Ids of objects whose moved points are not theirs any more, until an undo."""

    wanted = Signal()
    """An object lost its last point, and shall get new ones."""

    failed = Signal(object)
    """Moved points could not be stored; the exception."""

    def __init__(
        self,
        viewer: ViewerModel,
        example: Example,
        labels: Labels,
        name: str,
        geometry: Mapping[str, Any],
    ) -> None:
        from skoots.teach.skeleton_store import read_moved  # noqa: PLC0415 - zarr

        self._viewer = viewer
        self._example = example
        self._labels = labels
        self._name = f"{name} skeletons"
        self._geometry = geometry
        self._points: DrawnPoints | None = None
        self.damaged = _set_aside(example)
        """Where a file with moved points is that nobody can read; None for none."""
        self._moved: dict[int, Skeleton] = read_moved(example.path)
        self._applied: set[int] = set(self._moved)
        self.known: dict[int, Skeleton] = dict(self._moved)
        """Of each object, as made or as moved."""
        self._edited = False
        self._stored = StoredSoon(STORE_MS, self._write, self.failed.emit)
        viewer.layers.events.removed.connect(self._on_removed)
        for event in ("current_step", "ndisplay", "order"):
            getattr(viewer.dims.events, event).connect(self._follow)

    @property
    def layer(self) -> Points | None:
        """The points; None where none are shown."""
        return None if self._points is None else self._points.layer

    @property
    def shown(self) -> bool:
        """Whether they are in the viewer."""
        return self._points is not None

    def show(self) -> None:
        """Put the layer into the viewer; what is painted stays selected."""
        if self._points is not None:
            return
        self._points = DrawnPoints(
            self._viewer, self._labels, self._name, self._geometry, *self._rows()
        )
        self._points.edited.connect(self._on_edit)
        active, layer = self._viewer.layers.selection.active, self._points.layer
        self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = active or layer
        self.changed.emit()

    def hide(self) -> None:
        """Remove the layer; what was moved stays."""
        self.flush()
        layer, self._points = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self.changed.emit()

    def take(self, found: Mapping[int, Skeleton]) -> None:
        """Show what was made of what is painted now.

        Points that the user moved wait while the object is another one, until it is
        again as it was: a slip of the brush and its undo lose nothing.
        """
        self._note_moves()
        kept = {
            key: one
            for key, one in self._moved.items()
            if key in found and found[key].digest == one.digest
        }
        gone = sorted(self._applied - set(kept))
        same = found.keys() == self.known.keys() and all(
            found[key] is self.known[key] for key in found
        )
        self.known, self._applied = {**found, **kept}, set(kept)
        if not same and self._points is not None:
            self._points.fill(*self._rows())
        if gone:
            self.dropped.emit(gone)

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        self._geometry = geometry
        if self.layer is not None:
            lie_on(self.layer, geometry)

    @property
    def unstored(self) -> bool:
        """Whether points that were moved are not on the disk yet."""
        return self._stored.unstored

    def flush(self) -> None:
        """Store points that were moved, now, or could not be stored before."""
        self._stored.flush()

    def _write(self) -> None:
        from skoots.teach.skeleton_store import write_moved  # noqa: PLC0415 - zarr

        self._note_moves()
        write_moved(self._example.path, self._moved)

    def close(self, *, remove: bool) -> None:
        """Store all; follow the viewer no more."""
        try:
            self.flush()
        finally:
            self._leave(remove=remove)

    def _leave(self, *, remove: bool) -> None:
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for event in ("current_step", "ndisplay", "order"):
            getattr(self._viewer.dims.events, event).disconnect(self._follow)
        if remove:
            self.hide()
        self._stored.close()

    # ---- the layer

    def _rows(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Give all points, (N, 3), and the object of each, (N,)."""
        points = [one.points for one in self.known.values()]
        counts = [len(rows) for rows in points]
        places = np.concatenate([np.zeros((0, 3), np.float32), *points])
        return places, np.repeat(np.array(list(self.known), np.int64), counts)

    # ---- what the user moves

    def _on_edit(self) -> None:
        self._edited = True
        self._stored.ask()

    def _follow(self) -> None:
        if self._points is None or self.layer not in self._viewer.layers:
            return
        self._note_moves()  # while it is known in which plane
        self._points.follow()

    def _note_moves(self) -> None:
        """Find out which objects have other points than those that were made."""
        if self._points is None or not self._edited:
            return
        self._edited = False
        places, ids = self._points.read()
        lost = False
        for key, one in list(self.known.items()):
            points = places[ids == key]
            if _alike(points, one.points):
                continue
            if not len(points):
                del self.known[key]
                self._moved.pop(key, None)
                self._applied.discard(key)
                lost = True
            else:
                self.known[key] = self._moved[key] = replace(one, points=points)
                self._applied.add(key)
        if lost:
            self.wanted.emit()

    def _on_removed(self) -> None:
        if self._points is not None and self.layer not in self._viewer.layers:
            self.flush()
            self._points = None
            self.changed.emit()


def _set_aside(example: Example) -> Path | None:
    from skoots.teach.skeleton_store import set_aside_damaged  # noqa: PLC0415 - zarr

    try:
        return set_aside_damaged(example.path)
    except SkootsError:  # it stays, and storing says what forbids it
        return None


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    if one.shape != other.shape:
        return False
    first, second = (points[np.lexsort(points.T)] for points in (one, other))
    return np.allclose(first, second, atol=1e-3)
