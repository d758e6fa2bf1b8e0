"""Skeletons that follow what is painted, and that the user may move.

napari shows a point in its own plane alone. So points that lie a few planes beside the
one that is shown are drawn in it, and remember their own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.layers.skeletons import colours_of, points_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari.components import ViewerModel
    from napari.layers import Labels, Points
    from numpy.typing import NDArray

    from skoots.teach.example import Example
    from skoots.teach.skeleton_store import Skeleton

STORE_MS = 300
"""Moved points are stored so long after the last change."""

_SIZE = 4.0
"""Diameter of a point, in voxels of the plane."""

_REACH, _MOST_PLANES = 3.0, 4
"""Voxels of the plane, and planes at most, that a point may lie beside the shown one."""

_UNKNOWN = {"label": 0.0, "z": np.nan}
"""What a point is that the user just added."""


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
    """Ids of objects whose moved points are no longer theirs."""

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
        from skoots.teach.skeleton_store import read_moved  # noqa: PLC0415 - imports zarr

        self._viewer = viewer
        self._example = example
        self._labels = labels
        self._name = f"{name} skeletons"
        self._geometry = geometry
        self._layer: Points | None = None
        self._quiet = False
        self._at: int | None = None  # the plane in which they are drawn
        self._moved: dict[int, Skeleton] = read_moved(example.path)
        self.known: dict[int, Skeleton] = dict(self._moved)
        """Of each object, as made or as moved."""
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(STORE_MS)
        self._timer.timeout.connect(self.flush)
        viewer.layers.events.removed.connect(self._on_removed)
        for event in ("current_step", "ndisplay", "order"):
            getattr(viewer.dims.events, event).connect(self._follow)

    @property
    def layer(self) -> Points | None:
        """The points; None where none are shown."""
        return self._layer

    @property
    def shown(self) -> bool:
        """Whether they are in the viewer."""
        return self._layer is not None

    @property
    def moved(self) -> tuple[int, ...]:
        """The objects whose points the user moved."""
        return tuple(sorted(self._moved))

    def show(self) -> None:
        """Put the layer into the viewer; what is painted stays selected."""
        if self._layer is not None:
            return
        self._layer = self._make_layer()
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(self._layer)
        self._viewer.layers.selection.active = active or self._layer
        self.changed.emit()

    def hide(self) -> None:
        """Remove the layer; what was moved stays."""
        self.flush()
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self.changed.emit()

    def take(self, found: Mapping[int, Skeleton]) -> None:
        """Show what was made of what is painted now."""
        if self._timer.isActive():
            self._note_moves()
        kept = {
            key: one
            for key, one in self._moved.items()
            if key in found and found[key].digest == one.digest
        }
        gone = sorted(set(self._moved) - set(kept))
        same = found.keys() == self.known.keys() and all(
            found[key] is self.known[key] for key in found
        )
        self.known, self._moved = {**found, **kept}, kept
        if not same:
            self._fill()
        if gone:
            self._timer.start()
            self.dropped.emit(gone)

    def move(self, geometry: Mapping[str, Any]) -> None:
        """Lie on the image again, whose scale or place was changed."""
        self._geometry = geometry
        for name in ("units", "scale", "translate", "rotate", "shear", "affine"):
            if self._layer is not None and name in geometry:
                setattr(self._layer, name, geometry[name])

    def flush(self) -> None:
        """Store points that were moved, now."""
        from skoots.errors import SkootsError  # noqa: PLC0415 - beside the next
        from skoots.teach.skeleton_store import write_moved  # noqa: PLC0415 - imports zarr

        if not self._timer.isActive():
            return
        self._timer.stop()
        self._note_moves()
        try:
            write_moved(self._example.path, self._moved)
        except SkootsError as error:
            self.failed.emit(error)

    def close(self, *, remove: bool) -> None:
        """Store all; follow the viewer no more."""
        self.flush()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for event in ("current_step", "ndisplay", "order"):
            getattr(self._viewer.dims.events, event).disconnect(self._follow)
        if remove:
            self.hide()

    # ---- the layer

    def _make_layer(self) -> Points:
        places, ids = self._rows()
        layer = points_layer(places, ids, self._labels, self._name, self._geometry)
        layer.features = _features(ids, places)
        layer.feature_defaults = _UNKNOWN
        layer.size = _SIZE
        layer.current_size = _SIZE
        layer.data = self._drawn(places)
        layer.events.data.connect(self._on_data)
        return layer

    def _rows(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Give all points, (N, 3), and the object of each, (N,)."""
        points = [one.points for one in self.known.values()]
        counts = [len(rows) for rows in points]
        places = np.concatenate([np.zeros((0, 3), np.float32), *points])
        return places, np.repeat(np.array(list(self.known), np.int64), counts)

    def _fill(self) -> None:
        layer = self._layer
        if layer is None:
            return
        places, ids = self._rows()
        mode = layer.mode
        with self._quietly():
            layer.selected_data = set()
            layer.data = self._drawn(places)
            layer.features = _features(ids, places)
            layer.feature_defaults = _UNKNOWN
            layer.size = _SIZE
            if len(ids):
                layer.face_color = colours_of(self._labels, ids)
            layer.mode = mode

    def _follow(self) -> None:
        """Draw what lies near the plane that is shown in it."""
        layer = self._layer
        if layer is None or layer not in self._viewer.layers:
            return
        if self._timer.isActive():
            self._note_moves()
        places = np.asarray(layer.data).copy()
        planes = np.asarray(layer.features["z"], float)
        places[:, 0] = np.where(np.isnan(planes), places[:, 0], planes)
        drawn = self._drawn(places)
        if not np.array_equal(drawn, layer.data):
            selected = set(layer.selected_data)
            with self._quietly():
                layer.data = drawn
                layer.selected_data = selected

    def _drawn(self, places: NDArray[Any]) -> NDArray[Any]:
        """Give points as they are drawn: in the shown plane, if that is near."""
        self._at = None if self._z_displayed else self._plane
        if self._at is None:
            return places
        plane, drawn = self._at, places.copy()
        scale = np.abs(np.asarray(self._geometry.get("scale", (1.0, 1.0, 1.0)), float))
        reach = min(max(_REACH * scale[-1] / scale[0], 1.0), _MOST_PLANES)
        drawn[abs(places[:, 0] - plane) <= reach, 0] = plane
        return drawn

    @property
    def _z_displayed(self) -> bool:
        dims = self._viewer.dims
        return dims.ndim - 3 in dims.displayed

    @property
    def _plane(self) -> int:
        point = self._viewer.dims.point[-3:]
        if len(point) < 3:
            return 0
        return round(float(self._labels.world_to_data(point)[0]))

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    # ---- what the user moves

    def _on_data(self, event: Any) -> None:
        action = str(getattr(event, "action", ""))
        if not self._quiet and action not in ("adding", "changing", "removing"):
            self._timer.start()

    def _note_moves(self) -> None:
        """Find out which objects have other points than those that were made."""
        layer = self._layer
        if layer is None:
            return
        places, ids = self._true_places()
        lost = False
        for key, one in list(self.known.items()):
            points = places[ids == key]
            if _alike(points, one.points):
                continue
            if not len(points):
                del self.known[key]
                self._moved.pop(key, None)
                lost = True
            else:
                self.known[key] = self._moved[key] = replace(one, points=points)
        if lost:
            self.wanted.emit()

    def _true_places(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Give all points where they are, (N, 3), and the object of each, (N,)."""
        layer = self._layer
        assert layer is not None  # noqa: S101 - whoever calls has looked
        places = np.array(layer.data, np.float32)
        ids, planes = self._owners(), np.asarray(layer.features["z"], float)
        # moved along Z, where that can be seen, or new
        at = np.inf if self._at is None else self._at
        elsewhere = np.isnan(planes) | (abs(places[:, 0] - at) > 1e-3)
        places[:, 0] = np.where(elsewhere, places[:, 0], planes)
        with self._quietly():
            layer.features = _features(ids, places)
            layer.feature_defaults = _UNKNOWN
        return places, ids

    def _owners(self) -> NDArray[np.int64]:
        """Give the object of each point; of a new one, that in which it lies."""
        layer = self._layer
        assert layer is not None  # noqa: S101 - whoever calls has looked
        ids = np.asarray(layer.features["label"]).astype(float)
        new = np.flatnonzero(np.isnan(ids) | (ids <= 0))
        if not len(new):
            return ids.astype(np.int64)
        places = np.asarray(layer.data)
        for place in new:
            ids[place] = self._owner(places[place], places, ids)
        with self._quietly():
            layer.face_color = colours_of(self._labels, ids.astype(np.int64))
        return ids.astype(np.int64)

    def _owner(
        self, point: NDArray[Any], places: NDArray[Any], ids: NDArray[Any]
    ) -> int:
        voxel = np.rint(point).astype(int)
        shape = np.array(self._labels.data.shape)
        if ((voxel >= 0) & (voxel < shape)).all():
            z, y, x = (slice(int(v), int(v) + 1) for v in voxel)
            number = int(np.asarray(self._labels.data[z, y, x]).item())
            if number in self.known:
                return number
        owned = np.flatnonzero(ids > 0)
        if not len(owned):
            return 0
        near = np.argmin(((places[owned] - point) ** 2).sum(axis=1))
        return int(ids[owned[near]])

    def _on_removed(self) -> None:
        if self._layer is not None and self._layer not in self._viewer.layers:
            self.flush()
            self._layer = None
            self.changed.emit()


def _features(ids: NDArray[np.int64], places: NDArray[Any]) -> dict[str, Any]:
    return {"label": ids.astype(float), "z": places[:, 0].astype(float)}


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    if one.shape != other.shape:
        return False
    first, second = (points[np.lexsort(points.T)] for points in (one, other))
    return np.allclose(first, second, atol=1e-3)
