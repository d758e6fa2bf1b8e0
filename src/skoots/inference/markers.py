"""One small file for each finished block of each pass.

A block without its marker is done again, whatever its chunks hold. A marker carries the
key of what it depends on; one with another key counts as missing, so that changed
thresholds redo the cheap passes and never the network. Before a block is written again
its marker goes: a process that dies in between leaves no marker of what was there.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.inference.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots.volume.tiling import Block

_DAMAGE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for a file that is absent, cut off or something else."""


class Markers:
    """The markers of one run.

    Parameters
    ----------
    folder : Path
        Where they lie: ``PASS/Z.Y.X.npz``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mark(
        self, stage: str, block: Block, key: str, tables: Mapping[str, NDArray[Any]]
    ) -> None:
        """Say that a block is done, and keep what the pass found in it.

        Parameters
        ----------
        stage : str
            Name of the pass.
        block : Block
            Whose chunks are written.
        key : str
            Names everything that the result depends on.
        tables : mapping of ndarray
            What `tables` shall give back.
        """
        stored: dict[str, Any] = {"key": np.array(key), **tables}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **stored)
        with storage_errors(self._folder.parent):
            write_atomically(self._path(stage, block), buffer.getvalue())

    def unmark(self, stage: str, block: Block) -> None:
        """Say that a block is about to be written again."""
        with storage_errors(self._folder.parent):
            self._path(stage, block).unlink(missing_ok=True)

    def clear(self, stage: str) -> None:
        """Say that all blocks of a pass are about to be written again."""
        with storage_errors(self._folder.parent):
            for file in (self._folder / stage).rglob("*.npz"):
                file.unlink(missing_ok=True)

    def tables(
        self, stage: str, block: Block, *, only: Iterable[str]
    ) -> dict[str, NDArray[Any]]:
        """Give back some of what `mark` kept; the rest is not read."""
        with self._path(stage, block).open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in only}

    def is_done(self, stage: str, block: Block, key: str) -> bool:
        """Whether a block is done with this key; a damaged marker does not count."""
        try:
            # numpy would leave a file open that it cannot read
            with self._path(stage, block).open("rb") as file, np.load(file) as stored:
                return str(stored["key"]) == key
        except _DAMAGE:
            return False

    def _path(self, stage: str, block: Block) -> Path:
        name = ".".join(map(str, block.index))
        return self._folder / stage / f"{name}.npz"
