"""Which labels of a run are a person's, and which are free.

``state/ids.json`` holds the labels that a person made. Numbering leaves them out, so a
painted object never becomes one with an object that is found later. A new label and a
numbering exclude each other: either the numbering sees the label, or the label is above
all that were numbered.
"""

from __future__ import annotations

import json
from threading import RLock
from typing import TYPE_CHECKING, Any

from skoots.errors import RunError
from skoots.run.shared_chunks import FIRST_PROVISIONAL
from skoots.run.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skoots.run.shared_chunks import SharedChunks


class LabelIds:
    """The labels of one run, as far as they are kept.

    Parameters
    ----------
    file : Path
        Where they stand; absent in a new run.
    shared : SharedChunks
        Of the labels; knows the largest one.
    """

    def __init__(self, file: Path, shared: SharedChunks) -> None:
        self._file = file
        self._shared = shared
        self._lock = RLock()
        self.forget()

    def forget(self) -> None:
        """Look at the disk again."""
        with self._lock:
            self._ids = _read(self._file)
            self._shared.note_largest(max(self._ids["reserved"], default=0))
            self._shared.note_largest(self._ids["numbered"])

    @property
    def reserved(self) -> frozenset[int]:
        """Labels that a person made."""
        with self._lock:
            return frozenset(self._ids["reserved"])

    @property
    def numbered(self) -> int:
        """The largest label that an object was given; 0 if none is known."""
        with self._lock:
            return int(self._ids["numbered"])

    def reserve(self, labels: Iterable[int]) -> None:
        """Keep labels for what a person painted; provisional ones cannot be kept.

        Raises
        ------
        StorageError
            If the disk is full or nothing may be written there.
        """
        with self._lock:
            new = {n for n in labels if 0 < n < FIRST_PROVISIONAL} - self.reserved
            if new:
                self._store(reserved=sorted(self.reserved | new))
                self._shared.note_largest(max(new))

    def next_label(self) -> int:
        """Make a label that nothing has, and keep it.

        Raises
        ------
        RunError
            If there is none left.
        """
        with self._lock:
            label = self._shared.largest + 1
            if label >= FIRST_PROVISIONAL:
                raise RunError(
                    f"There is no label above {label - 1} left ({self._file}). Use one "
                    "of those that are free."
                )
            self.reserve([label])
            return label

    def claim(self, largest: int, reserved: frozenset[int]) -> bool:
        """Take all labels up to one for objects that were found.

        Parameters
        ----------
        largest : int
            The largest that was given.
        reserved : frozenset of int
            Those that were left out.

        Returns
        -------
        bool
            False if a person made one since then: number them again.
        """
        with self._lock:
            if self.reserved != reserved:
                return False
            if self.numbered != largest:
                self._store(numbered=largest)
            self._shared.note_largest(largest)
            return True

    def _store(self, **changes: Any) -> None:
        ids = {**self._ids, **changes}
        with storage_errors(self._file.parent):
            write_atomically(self._file, json.dumps(ids).encode())
        self._ids = ids


def _read(path: Path) -> dict[str, Any]:
    ids: dict[str, Any] = {"reserved": [], "numbered": 0}
    try:
        return {**ids, **json.loads(path.read_bytes())}
    except (OSError, ValueError):  # absent, empty or damaged
        return ids
