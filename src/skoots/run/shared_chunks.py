"""Who writes which chunk of an array, between the threads of one process.

A person paints while a job writes the same array, and both change parts of chunks. So:

1. Whoever changes a chunk holds its lock from the read of what is kept until the new
   chunk is stored (`SharedChunks.hold`). Several are taken in one order, that of their
   indices, and nobody takes more while holding some: no two wait for each other.
2. The version of a chunk counts up while its lock is held, after it is stored. Who
   keeps a decoded chunk asks for the version before reading: a chunk that was replaced
   in between is older than its version says, never newer.
3. Whoever wants to know what was changed subscribes, and takes it when there is time.

Between processes there is the lock of the run (`location.locked`).
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from threading import Lock, RLock, local
from typing import TYPE_CHECKING
from weakref import WeakSet, WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from skoots._types import Shape3

FIRST_PROVISIONAL = 1 << 31
"""Labels from here on are shown while a run goes on and replaced at its end; those
below are free for final ones and for what a person paints."""


class Changes:
    """What was written since somebody last looked. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._written: set[Shape3] = set()

    def add(self, indices: Iterable[Shape3]) -> None:
        """Note chunks that were written."""
        with self._lock:
            self._written.update(indices)

    def take(self) -> set[Shape3]:
        """Give the chunks written since the last call, and forget them."""
        with self._lock:
            written, self._written = self._written, set()
        return written


class SharedChunks:
    """Locks, versions and changes of the chunks of one array.

    Attributes
    ----------
    largest : int
        The largest label that is known to be in use; provisional ones do not count.
    """

    def __init__(self) -> None:
        self.largest = 0
        self._guard = Lock()
        self._locks: dict[Shape3, RLock] = {}
        self._versions: dict[Shape3, int] = {}
        self._replaced = 0
        self._listeners: WeakSet[Changes] = WeakSet()
        self._here = local()

    @contextmanager
    def hold(self, indices: Iterable[Shape3]) -> Iterator[None]:
        """Let nobody else change some chunks.

        Parameters
        ----------
        indices : iterable of tuple of int
            Places in the grid of chunks. All at once: who holds some takes no others.
        """
        ordered = sorted(set(indices))
        with self._guard:
            locks = [self._locks.setdefault(index, RLock()) for index in ordered]
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            self._here.depth = self._depth + 1
            try:
                yield
            finally:
                self._here.depth -= 1

    @property
    def holding(self) -> bool:
        """Whether this thread holds chunks: it must not wait for other threads then."""
        return self._depth > 0

    @property
    def _depth(self) -> int:
        depth: int = getattr(self._here, "depth", 0)
        return depth

    def version(self, index: Shape3) -> int:
        """Give a number that grows whenever a chunk is written in this process."""
        return self._replaced + self._versions.get(index, 0)

    def wrote(
        self, indices: Sequence[Shape3], largest: int = 0, by: Changes | None = None
    ) -> None:
        """Say that chunks were stored, while they are held.

        Parameters
        ----------
        indices : sequence of tuple of int
            Places in the grid of chunks.
        largest : int
            The largest label among them.
        by : Changes, optional
            Of who wrote, and is not told.
        """
        with self._guard:
            for index in indices:
                self._versions[index] = self._versions.get(index, 0) + 1
            listeners = [other for other in self._listeners if other is not by]
        self.note_largest(largest)
        for changes in listeners:
            changes.add(indices)

    def replaced(self) -> None:
        """Say that anything may have been written: nothing that is kept of it holds."""
        with self._guard:
            self._replaced += 1

    def note_largest(self, label: int) -> None:
        """Say that a label is in use."""
        if label < FIRST_PROVISIONAL:
            with self._guard:
                self.largest = max(self.largest, label)

    def reserve(self, count: int, above: int = 0) -> int:
        """Let nobody else have the labels after those in use.

        Parameters
        ----------
        count : int
            How many.
        above : int
            A label that is in use.

        Returns
        -------
        int
            The largest label that was in use before them.
        """
        with self._guard:
            before = max(self.largest, above)
            self.largest = min(before + count, FIRST_PROVISIONAL - 1)
        return before

    def subscribe(self) -> Changes:
        """Give what will be told of every change for as long as somebody keeps it."""
        changes = Changes()
        with self._guard:
            self._listeners.add(changes)
        return changes


_SHARED: WeakValueDictionary[str, SharedChunks] = WeakValueDictionary()
_GUARD = Lock()


def shared_chunks(array: str | PathLike[str]) -> SharedChunks:
    """Give the one object that all threads of this process share for an array.

    Parameters
    ----------
    array : path
        The folder of the array.

    Returns
    -------
    SharedChunks
        The same for as long as somebody keeps it.
    """
    key = str(Path(array).resolve())
    with _GUARD:
        shared = _SHARED.get(key)
        if shared is None:
            shared = _SHARED[key] = SharedChunks()
        return shared


def chunks_between(
    start: Sequence[int], stop: Sequence[int], chunks: Sequence[int]
) -> list[Shape3]:
    """List the chunks that hold voxels of a box, the last axis fastest.

    Examples
    --------
    >>> chunks_between((0, 5, 0), (1, 9, 4), (4, 4, 4))
    [(0, 1, 0), (0, 2, 0)]
    """
    axes = [
        range(a // size, -(-b // size))
        for a, b, size in zip(start, stop, chunks, strict=True)
    ]
    return [(z, y, x) for z, y, x in product(*axes)]
