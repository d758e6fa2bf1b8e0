"""Chunks of the labels that were painted since the pyramid was made from them.

Each has an empty file, made before the labels change. It goes when all levels are made
anew, unless somebody painted in between. Whoever makes them asks for a chunk's count
while holding the chunk: a stroke is then either in what is read, or counts later.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3


class StaleChunks:
    """The painted chunks of one run.

    Parameters
    ----------
    folder : Path
        Where their files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._counts: dict[Shape3, int] = {}
        self._noted: set[Shape3] = set()

    def forget(self) -> None:
        """Look at the disk again."""
        with self._lock:
            self._noted.clear()

    def note(self, index: Shape3) -> None:
        """Say that a chunk is about to be painted; it is held."""
        with self._lock:
            self._counts[index] = self.count(index) + 1
            if index not in self._noted:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._path(index).touch()
                self._noted.add(index)

    def count(self, index: Shape3) -> int:
        """Give how often a chunk was painted in this process."""
        return self._counts.get(index, 0)

    def listed(self) -> list[Shape3]:
        """Give all chunks that are out of date, by this process or an earlier one."""
        if not self._folder.is_dir():
            return []
        names = sorted(file.name.split(".") for file in self._folder.iterdir())
        return [(int(z), int(y), int(x)) for z, y, x in names]

    def done(self, index: Shape3, count: int) -> None:
        """Say that all levels were made, with what was there at this count."""
        with self._lock:
            if self.count(index) == count:
                self._path(index).unlink(missing_ok=True)
                self._noted.discard(index)

    def _path(self, index: Shape3) -> Path:
        return self._folder / ".".join(map(str, index))
