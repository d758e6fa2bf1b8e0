"""What is painted is counted whenever painting rests, in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from skoots.events import Event
    from skoots.teach.painted import Painted
    from skoots.teach.project import TeachProject
    from skoots.teach.skeleton_store import Bounds, Skeleton

REST_MS = 300
"""Painting must rest so long."""


@dataclass(eq=False)
class Task:
    """What is looked at of an example."""

    path: Path
    before: Painted | None = None
    thinned: dict[int, Skeleton] | None = None
    """Skeletons that are known; None where none are shown."""

    touched: list[Bounds] | None = field(default_factory=list)
    """What was painted since; None for anything."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was found of an example."""

    path: Path
    painted: Painted
    skeletons: dict[int, Skeleton] | None


class Watching:
    """Counts what is painted in the examples of a project, one look at a time.

    What is painted while one is under way is looked at right after it.

    Parameters
    ----------
    prepare : callable
        Completes a task right before it begins: what is known of the skeletons.
    """

    changed = Signal()
    """Something is counted, or was."""

    seen = Signal(object)
    """What was found of an example."""

    failed = Signal(object)
    """The exception because of which nothing could be counted."""

    def __init__(self, prepare: Callable[[Task], None]) -> None:
        self._prepare = prepare
        self._job: Job | None = None
        self._tasks: dict[Path, Task] = {}
        self._again = False
        self.painted: dict[Path, Painted] = {}
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._begin)

    @property
    def counting(self) -> bool:
        """Whether what is known is not all that there is."""
        return bool(self._tasks) or self._job is not None

    def follow(self, project: TeachProject | None) -> None:
        """Count all examples of another project."""
        if self._job is not None:
            self._job.leave()
            self._job = None
        self._timer.stop()
        self._tasks.clear()
        self.painted.clear()
        paths = [] if project is None else [one.path for one in project.examples]
        for path in paths:
            self._note(path, None)
        if paths:
            self._begin()
        self.changed.emit()

    def touch(self, path: Path, touched: Iterable[Bounds] | None = ()) -> None:
        """Look at an example again as soon as painting rests.

        Parameters
        ----------
        path : Path
            Of the example.
        touched : iterable of boxes or None
            What was painted: none for other boxes, None for anything.
        """
        counting = self.counting
        self._note(path, touched)
        self._timer.start()
        if not counting:
            self.changed.emit()

    def close(self) -> None:
        """Count no more."""
        self._timer.stop()
        self._tasks.clear()
        if self._job is not None:
            self._job.leave()
            self._job = None

    def _note(self, path: Path, touched: Iterable[Bounds] | None) -> None:
        task = self._tasks.setdefault(path, Task(path))
        if touched is None or task.touched is None:
            task.touched = None
        else:
            task.touched += touched

    def _begin(self) -> None:
        if self._job is not None:
            self._again = True
            return
        tasks, self._tasks = list(self._tasks.values()), {}
        if not tasks:
            return
        for task in tasks:
            task.before = self.painted.get(task.path)
            self._prepare(task)
        job = Job(lambda: _look_at(tasks), "Count what is painted")
        job.returned.connect(self._on_seen)
        job.failed.connect(self.failed.emit)
        job.ended.connect(self._on_ended)
        self._job, self._again = job, False
        job.start()
        self.changed.emit()

    def _on_seen(self, found: list[Seen]) -> None:
        for one in found:
            self.painted[one.path] = one.painted
            self.seen.emit(one)

    def _on_ended(self) -> None:
        self._job = None
        if self._again:
            self._begin()
        self.changed.emit()


def _look_at(tasks: list[Task]) -> Generator[Event, Any, list[Seen]]:
    from skoots.teach.example import Example  # noqa: PLC0415 - imports torch
    from skoots.teach.painted import look  # noqa: PLC0415 - likewise
    from skoots.teach.skeletons import follow_objects  # noqa: PLC0415 - likewise

    found = []
    for task in tasks:
        example = Example(task.path)
        painted = yield from look(example, task.before)
        skeletons = None
        if task.thinned is not None:
            skeletons = yield from follow_objects(
                example.labels,
                painted.objects,
                example.voxel_size,
                task.thinned,
                task.touched,
            )
        found.append(Seen(task.path, painted, skeletons))
    return found
