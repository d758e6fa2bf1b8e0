"""What is painted is counted whenever painting rests, in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.teaching.later import Later
from napari_skoots.jobs import Job
from skoots.errors import SkootsError, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from skoots._types import VoxelSize
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
    voxel_size: VoxelSize | None


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """An example that could not be read."""

    path: Path
    error: SkootsError


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
    """The exception because of which nothing could be counted, or not one of them."""

    def __init__(self, prepare: Callable[[Task], None]) -> None:
        self._prepare = prepare
        self._job: Job | None = None
        self._tasks: dict[Path, Task] = {}
        self._again = False
        self._unread: set[Path] = set()
        self.painted: dict[Path, Painted] = {}
        """By path, in the order in which a training takes them: what is held out of
        equals depends on it."""
        self.voxel_sizes: dict[Path, VoxelSize | None] = {}
        """Of the image of each that was counted."""
        self._timer = Later(REST_MS, self._begin)

    @property
    def counting(self) -> bool:
        """Whether what is known is not all that there is."""
        return bool(self._tasks) or self._job is not None

    def follow(self, project: TeachProject | None) -> None:
        """Count all examples of another project."""
        if self._job is not None:
            self._job.leave()
            self._job = None
        self._timer.forget()
        for known in (self._tasks, self.painted, self.voxel_sizes, self._unread):
            known.clear()
        paths = [] if project is None else _examples_of(project)
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
        self._timer.ask()
        if not counting:
            self.changed.emit()

    def close(self) -> None:
        """Count no more."""
        self._timer.forget()
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

    def _on_seen(self, found: list[Seen | Unread]) -> None:
        for one in found:
            if isinstance(one, Unread):
                self._on_unread(one)
                continue
            self._unread.discard(one.path)
            self._take(one)
            self.seen.emit(one)

    def _take(self, one: Seen) -> None:
        known = self.painted | {one.path: one.painted}
        self.painted = {path: known[path] for path in sorted(known)}
        self.voxel_sizes[one.path] = one.voxel_size

    def _on_unread(self, one: Unread) -> None:
        """Leave out an example that is damaged or gone, and say so once."""
        self.painted.pop(one.path, None)
        self.voxel_sizes.pop(one.path, None)
        if one.path not in self._unread:
            self._unread.add(one.path)
            self.failed.emit(one.error)

    def _on_ended(self) -> None:
        self._job = None
        if self._again:
            self._begin()
        self.changed.emit()


def _examples_of(project: TeachProject) -> list[Path]:
    """List the folders of examples; nothing is read of them, so none can fail."""
    from skoots.teach.example_record import RECORD  # noqa: PLC0415 - imports numpy

    return sorted(one.parent for one in project.path.glob(f"examples/*/{RECORD}"))


def _look_at(tasks: list[Task]) -> Generator[Event, Any, list[Seen | Unread]]:
    found: list[Seen | Unread] = []
    for task in tasks:
        try:
            found.append((yield from _look_at_one(task)))
        except SkootsError as error:
            found.append(Unread(task.path, error))
        except OSError as error:
            found.append(Unread(task.path, _unreadable(task.path, error)))
    return found


def _look_at_one(task: Task) -> Generator[Event, Any, Seen]:
    from skoots.teach.example import Example  # noqa: PLC0415 - imports torch
    from skoots.teach.painted import look  # noqa: PLC0415 - likewise
    from skoots.teach.skeletons import follow_objects  # noqa: PLC0415 - likewise

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
    return Seen(task.path, painted, skeletons, example.voxel_size)


def _unreadable(path: Path, error: OSError) -> TrainingError:
    said = TrainingError(
        f"What is painted in {path} cannot be read: {error}. Bring the folder back, or "
        "remove it from the project."
    )
    said.__cause__ = error
    return said
