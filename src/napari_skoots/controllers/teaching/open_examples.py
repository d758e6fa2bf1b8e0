"""The examples that are open, and which of them is that of the chosen image."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.teaching.open_example import OpenExample
from napari_skoots.controllers.teaching.opening import find_example
from napari_skoots.layers import geometry_of, lies_last
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.teaching.one_time import Moment
    from napari_skoots.controllers.teaching.opening import Opened
    from skoots.events import Event
    from skoots.teach.project import TeachProject
    from skoots.volume.source import Source

Key = tuple[Any, ...]
"""What tells one image from another: layer, axes, channel, time."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The image that was chosen when something began."""

    key: Key
    name: str
    geometry: dict[str, Any] | None
    """Where it lies; None where it is gone, or its axes say nothing."""

    moment: Moment | None = None
    """Of an image of several times: the axis, and which one."""


class OpenExamples:
    """Keeps what is open, as the user chooses one image and then another.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layers.
    images : Images
        The image that is chosen.
    """

    changed = Signal()
    """Layers came or went."""

    opened = Signal(object)
    """Another one is open."""

    def __init__(self, viewer: ViewerModel, images: Images) -> None:
        self._viewer = viewer
        self._images = images
        self._open: dict[Path, OpenExample] = {}
        self._known: dict[Key, Path | None] = {}
        self._searched: Key | None = None
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def all(self) -> list[OpenExample]:
        """Those whose layers were shown."""
        return list(self._open.values())

    @property
    def current(self) -> OpenExample | None:
        """That of the chosen image; None where it has none, or nobody knows yet."""
        path = self._known.get(self._images.key)
        return None if path is None else self._open.get(path)

    @property
    def unknown(self) -> bool:
        """Whether nobody has looked yet if the image has an example."""
        key = self._images.key
        there = self._images.layer is not None
        return there and key not in self._known and key != self._searched

    @property
    def chosen(self) -> Chosen:
        """The image that is chosen now, for a job that ends when another one is."""
        images = self._images
        return Chosen(images.key, images.name, self._geometry(), _moment(images))

    def at(self, path: Path) -> OpenExample | None:
        """Give the one of a folder."""
        return self._open.get(path)

    def follow(self) -> None:
        """Let the example of the chosen image lie on it as it lies now."""
        opened, geometry = self.current, self._geometry()
        if opened is not None and geometry is not None:
            opened.follow_image(geometry)

    def search(
        self, project: TeachProject
    ) -> Callable[[], Generator[Event, Any, tuple[Chosen, Opened | None]]]:
        """Give a job that looks if the chosen image has an example."""
        chosen = self.chosen
        self._searched = chosen.key
        try:
            source: Source | None = self._images.source()
        except SkootsError:  # the panel says so
            source = None

        def start() -> Generator[Event, Any, tuple[Chosen, Opened | None]]:
            if source is None:
                return chosen, None
            return chosen, (yield from find_example(project, source))

        return start

    def found(self, result: tuple[Chosen, Opened | None]) -> None:
        """Take note of what that job found; nothing is shown yet."""
        chosen, opened = result
        self._searched = None
        if opened is None:
            self._known[chosen.key] = None
        else:
            self.take(opened, chosen)
        self.changed.emit()

    def take(self, opened: Opened, chosen: Chosen) -> OpenExample | None:
        """Open what a job has read, on the image that was chosen when it began.

        Parameters
        ----------
        opened : Opened
            What it read.
        chosen : Chosen
            The image, which may be another one than is chosen now.

        Returns
        -------
        OpenExample or None
            None where the image was gone.
        """
        path, geometry = opened.example.path, chosen.geometry
        if chosen.key == self._images.key:
            geometry = self._geometry()  # it may be scaled or moved since
        if geometry is None:
            return None
        self._known[chosen.key] = path
        if path in self._open:
            self._open[path].follow_image(geometry)
            self._open[path].time.follow(chosen.moment)
        else:
            made = OpenExample(
                self._viewer, opened, chosen.name, geometry, chosen.moment
            )
            self._open[path] = made
            self.opened.emit(made)
        return self._open[path]

    def close(self, *, remove: bool) -> None:
        """Store all; follow nothing more.

        Parameters
        ----------
        remove : bool
            Take the layers out of the viewer as well.
        """
        opened, self._open = self.all, {}
        self._known.clear()
        self._searched = None
        with ExitStack() as steps:  # each is stored, whatever happens to the others
            if not remove:
                removed = self._viewer.layers.events.removed
                steps.callback(removed.disconnect, self._on_removed)
            for one in opened:
                steps.callback(one.close, remove=remove)

    def _geometry(self) -> dict[str, Any] | None:
        layer, axes = self._images.layer, self._images.axes
        if layer is None or not lies_last(axes):
            return None
        return geometry_of(layer, axes)

    def _on_removed(self) -> None:
        if self._open:
            self.changed.emit()


def _moment(images: Images) -> Moment | None:
    layer, view, axes = images.layer, images.view, images.axes
    if layer is None or view is None or view.times < 2 or "T" not in axes:
        return None
    return axes.index("T") - layer.ndim, view.time
