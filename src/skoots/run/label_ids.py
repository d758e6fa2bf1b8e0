"""Which labels of a run are a person's, and which are free.

``state/ids.json`` holds the labels that a person made. Numbering leaves them out, so a
painted object never becomes one with an object that is found later. A new label and a
numbering exclude each other: either the numbering sees the label, or the label is above
all that were numbered.

Who paints with the label of an object that was found, to mend it, wants the object to
keep it. So the place of its skeleton is noted with the label (an anchor), and when
objects are numbered anew the one that has this place keeps the label. If none has, the
label is nobody's: what was painted never becomes part of something else.

Who paints with a provisional label paints the object that it becomes. It stays what it
is until objects are numbered, and gets the final label for good then; a new one if the
object is no more (`final_of`).
"""

from __future__ import annotations

import io
import json
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import RunError
from skoots.run.layout import FINALS, PLACES
from skoots.run.shared_chunks import FIRST_PROVISIONAL
from skoots.run.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.run.shared_chunks import SharedChunks

_NONE = np.zeros((2, 0), np.uint32)


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
        self._places = file.with_name(PLACES)
        self._finals_file = file.with_name(FINALS)
        self._shared = shared
        self._lock = RLock()
        self.forget()

    def forget(self) -> None:
        """Look at the disk again."""
        with self._lock:
            self._ids = _read(self._file)
            self._finals = _read_finals(self._finals_file)
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

    @property
    def anchors(self) -> dict[int, int]:
        """Labels of objects that a person painted with, and where their skeletons are.

        A place counts voxels of the network's grid in the order Z, Y, X.
        """
        with self._lock:
            return {int(n): int(place) for n, place in self._ids["anchors"].items()}

    def mend(self, labels: Iterable[int]) -> None:
        """Note that a person paints with these labels, of whomever they are.

        Raises
        ------
        StorageError
            If the disk is full or nothing may be written there.
        """
        with self._lock:
            new = [n for n in labels if 0 < n < FIRST_PROVISIONAL]
            self.reserve(n for n in new if n > self._shared.largest)
            anchors = self.anchors
            known = {*anchors, *self.reserved}
            found = {n: self._place(n) for n in new if n not in known}
            more = {n: place for n, place in found.items() if place >= 0}
            if more:
                self._store(anchors={**anchors, **more})

    def _place(self, label: int) -> int:
        """Give where the skeleton of an object begins; -1 if it is none's label."""
        try:
            places = np.load(self._places, mmap_mode="r", allow_pickle=False)
        except (OSError, EOFError, ValueError):
            return -1
        return int(places[label]) if label < len(places) else -1

    # ---- provisional labels

    def final_of(self, label: int) -> int:
        """Give the label that takes the place of a provisional one.

        Parameters
        ----------
        label : int
            Any label that a person paints with.

        Returns
        -------
        int
            The same if it is final, or if its object has no final label yet.
        """
        if label < FIRST_PROVISIONAL:
            return label
        with self._lock:
            settled: dict[str, int] = self._ids["settled"]
            if str(label) in settled:
                return int(settled[str(label)])
            provisional, final = self._finals
            place = int(np.searchsorted(provisional, label))
            if place == len(provisional) or provisional[place] != label:
                return label
            found = int(final[place]) or self.next_label()
            self._store(settled={**settled, str(label): found})
            self.mend([found])
            return found

    def final_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Give `final_of` each of some labels, (N,)."""
        if not labels.size or labels.max() < FIRST_PROVISIONAL:
            return labels
        found, where = np.unique(labels, return_inverse=True)
        final = [self.final_of(int(label)) for label in found]
        return np.asarray(np.array(final, labels.dtype)[where])

    @property
    def unsettled(self) -> frozenset[Shape3]:
        """Chunks of the labels in which somebody painted with provisional labels."""
        with self._lock:
            return frozenset((z, y, x) for z, y, x in self._ids["unsettled"])

    def note_unsettled(self, chunks: Iterable[Shape3]) -> None:
        """Say that provisional labels are about to be painted in some chunks."""
        with self._lock:
            new = self.unsettled.union(chunks)
            if new != self.unsettled:
                self._store(unsettled=sorted(new))

    def note_settled(self, chunk: Shape3) -> None:
        """Say that a chunk holds no provisional labels of a person any more."""
        with self._lock:
            self._store(unsettled=sorted(self.unsettled - {chunk}))

    # ---- numbering

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

    def claim(
        self,
        places: NDArray[np.int64],
        reserved: frozenset[int],
        anchors: Mapping[int, int],
        finals: NDArray[np.uint32] | None = None,
    ) -> bool:
        """Take labels for objects that were found.

        Parameters
        ----------
        places : ndarray, (N,), int64
            Where the skeleton with each label begins, from label 0 to the largest; -1
            for a label that is not given.
        reserved, anchors
            What the numbering was made with.
        finals : ndarray, (2, N), uint32, optional
            All provisional labels, rising, above the final ones; 0 for none.

        Returns
        -------
        bool
            False if a person made one since then: number them again.
        """
        with self._lock:
            if self.reserved != reserved or self.anchors != anchors:
                return False
            finals = _NONE if finals is None else finals
            with storage_errors(self._file.parent):
                write_atomically(self._places, _bytes_of(places))
                write_atomically(self._finals_file, _bytes_of(finals))
            self._finals = finals
            largest = len(places) - 1
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
    ids: dict[str, Any] = {
        "reserved": [],
        "numbered": 0,
        "anchors": {},
        "settled": {},
        "unsettled": [],
    }
    try:
        return {**ids, **json.loads(path.read_bytes())}
    except (OSError, ValueError):  # absent, empty or damaged
        return ids


def _read_finals(path: Path) -> NDArray[np.uint32]:
    try:
        finals = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError):
        return _NONE
    return np.asarray(finals, np.uint32)


def _bytes_of(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
