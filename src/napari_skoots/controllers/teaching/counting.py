"""What is known of the open examples follows what the user paints and draws."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.teaching.watching import Seen, Task, Watching

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.controllers.teaching.open_examples import OpenExamples
    from skoots._types import VoxelSize
    from skoots.teach.painted import Painted
    from skoots.teach.project import TeachProject

_LOOK_MS = 100
"""Between two looks at what was painted."""


class Counting:
    """Has the examples of a project counted, and tells those that are open.

    Parameters
    ----------
    examples : OpenExamples
        Where the user paints and draws.
    """

    changed = Signal()
    """Something is counted, or was."""

    failed = Signal(object)
    """The exception because of which something could not be counted."""

    def __init__(self, examples: OpenExamples) -> None:
        self._open = examples
        self._watching = Watching(self._prepare)
        self._watching.changed.connect(self.changed)
        self._watching.seen.connect(self._on_seen)
        self._watching.failed.connect(self.failed)
        self._timer = QTimer()
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        examples.opened.connect(self._on_open)

    @property
    def painted(self) -> Mapping[Path, Painted]:
        """What is painted in each example of the project, as last counted."""
        return self._watching.painted

    @property
    def voxel_sizes(self) -> Mapping[Path, VoxelSize | None]:
        """Of the image of each that was counted."""
        return self._watching.voxel_sizes

    @property
    def busy(self) -> bool:
        """Whether what is known is not all that there is."""
        return self._watching.counting

    def follow(self, project: TeachProject | None) -> None:
        """Count all examples of another project, of which none is open yet."""
        self._stop()
        self._watching.follow(project)

    def start(self) -> None:
        """Look for strokes from now on: a layer can be painted on."""
        self._timer.start()

    def count(self, opened: OpenExample) -> None:
        """Count an example anew, whatever was painted, and make its skeletons."""
        self._watching.touch(opened.path, None)

    def look(self) -> None:
        """Note what was painted since the last look."""
        for opened in self._open.all:
            touched = opened.painted.labels.take_dirty()
            if touched:
                self._watching.touch(opened.path, touched)

    def close(self) -> None:
        """Count no more."""
        self._stop()
        self._watching.close()

    def _stop(self) -> None:
        with suppress(RuntimeError):  # deleted by Qt
            self._timer.stop()

    def _on_open(self, opened: OpenExample) -> None:
        opened.boxes.changed.connect(partial(self._on_boxes, opened))
        opened.skeletons.wanted.connect(partial(self.count, opened))

    def _on_boxes(self, opened: OpenExample) -> None:
        known = self.painted.get(opened.path)
        if known is None or known.boxes != opened.example.boxes:
            self._watching.touch(opened.path)

    def _prepare(self, task: Task) -> None:
        opened = self._open.at(task.path)
        if opened is not None and opened.skeletons.shown:
            task.thinned = dict(opened.skeletons.known)

    def _on_seen(self, seen: Seen) -> None:
        opened = self._open.at(seen.path)
        if opened is not None:
            opened.hear(seen.painted)
            if seen.skeletons is not None:
                opened.skeletons.take(seen.skeletons)
