"""What a person changes at once, and the journal that makes it whole.

A stroke changes two arrays, often in several chunks. It is written to a file of its
own first, and that file goes when all chunks are stored. A process that is killed
before the file has its name has painted nothing; after that, whoever opens the run next
paints the stroke again, which does no harm where it was painted already. The journal
does not wait for the disk: it is for killed programs, not for power cuts.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from itertools import count
from os import getpid
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.run.storage import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """The part of a stroke that lies in one chunk."""

    index: Shape3
    """The chunk's place in the grid."""

    start: Shape3
    """Where the part begins in the chunk, in voxels."""

    changed: NDArray[np.bool_]
    """(Z, Y, X): which voxels of a box from there are painted."""

    labels: NDArray[np.integer]
    """(N,): their labels, in the order of the array; or (1,) if all have the same."""

    @property
    def box(self) -> tuple[slice, slice, slice]:
        """The box in the chunk."""
        z, y, x = (
            slice(a, a + n) for a, n in zip(self.start, self.changed.shape, strict=True)
        )
        return z, y, x

    def onto(self, chunk: NDArray[np.integer]) -> NDArray[np.integer]:
        """Give a copy of a chunk with this part painted."""
        new = chunk.copy()
        new[self.box][self.changed] = self.labels
        return new

    def of(self, chunk: NDArray[Any]) -> NDArray[Any]:
        """Give what a chunk holds where this part is painted, (N,)."""
        return np.asarray(chunk[self.box][self.changed])

    def only(self, some: NDArray[np.bool_], labels: NDArray[Any]) -> Painted:
        """Give some of the voxels, (N,), with labels of their own, (N,) of all."""
        changed = np.zeros_like(self.changed)
        changed[self.changed] = some
        labels = labels[some].astype(self.labels.dtype)
        if labels.size and (labels == labels[0]).all():
            labels = labels[:1]
        return Painted(self.index, self.start, changed, labels)


class Journal:
    """The strokes that are being painted.

    Parameters
    ----------
    folder : Path
        Where their files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._mine: set[Path] = set()

    def begin(self, parts: Sequence[Painted]) -> Path:
        """Write a stroke down before it is painted; give its file for `end`."""
        path = self._folder / f"{getpid()}.{next(self._numbers):09d}"
        partial = path.with_name(path.name + PARTIAL)
        self._mine.add(path)
        try:
            content = _encode(parts)
            try:
                partial.write_bytes(content)
            except FileNotFoundError:
                self._folder.mkdir(parents=True, exist_ok=True)
                partial.write_bytes(content)
            partial.replace(path)
        except OSError:
            self.end(path)
            partial.unlink(missing_ok=True)
            raise
        return path

    def end(self, path: Path) -> None:
        """Forget a stroke, which is painted or could not be."""
        path.unlink(missing_ok=True)
        self._mine.discard(path)

    def left(self) -> Iterator[tuple[Path, list[Painted]]]:
        """Yield what a dead process left; one that was cut off was never begun."""
        files = sorted(self._folder.glob("*")) if self._folder.is_dir() else []
        for path in files:
            if path in self._mine or path.name.endswith(PARTIAL):
                continue
            try:
                parts = _decode(path.read_bytes())
            except (OSError, ValueError, KeyError, zlib.error):
                parts = []  # half a file after a power cut
            yield path, parts


def _encode(parts: Sequence[Painted]) -> bytes:
    table = [
        [*p.index, *p.start, *p.changed.shape, len(p.labels), p.labels.dtype.str]
        for p in parts
    ]
    bits = b"".join(
        np.packbits(p.changed).tobytes() + p.labels.tobytes() for p in parts
    )
    return json.dumps(table).encode() + b"\n" + zlib.compress(bits, 1)


def _decode(content: bytes) -> list[Painted]:
    head, _, packed = content.partition(b"\n")
    bits = memoryview(zlib.decompress(packed))
    parts = []
    for *numbers, kind in json.loads(head):
        a, b, c, z, y, x, depth, height, width, size = numbers
        shape = (depth, height, width)
        voxels = depth * height * width
        end = -(-voxels // 8)
        flags = np.unpackbits(np.frombuffer(bits[:end], np.uint8), count=voxels)
        labels = np.frombuffer(bits[end:], kind, size)
        bits = bits[end + labels.nbytes :]
        changed = flags.astype(bool).reshape(shape)
        parts.append(Painted((a, b, c), (z, y, x), changed, labels))
    return parts
