"""One small file for each finished block of each pass.

A block without its marker is done again, whatever its chunks hold. A marker carries the
key of what it depends on; one with another key counts as missing, so that changed
thresholds redo the cheap passes and never the network. Before a block is written again
its marker goes: a process that dies in between leaves no marker of what was there. With
it go those of the last pass, which reads all that is assigned.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from skoots.errors import RunError
from skoots.run.storage import (
    storage_errors,
    sync_files,
    sync_folder,
    write_atomically,
)

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
            path = self._path(stage, block)
            if path.exists():
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
        if stage == "assign":
            self.clear("finish")

    def begin(self, stage: str) -> None:
        """Make the folder of a pass."""
        with storage_errors(self._folder.parent):
            (self._folder / stage).mkdir(parents=True, exist_ok=True)

    def clear(self, stage: str) -> None:
        """Say that all blocks of a pass are about to be written again."""
        with storage_errors(self._folder.parent):
            files = list((self._folder / stage).rglob("*.npz"))
            for file in files:
                file.unlink(missing_ok=True)
            sync_files(files, self._folder)
        if stage == "assign":
            self.clear("finish")

    def tables(
        self, stage: str, block: Block, *, only: Iterable[str]
    ) -> dict[str, NDArray[Any]]:
        """Give back some of what `mark` kept; the rest is not read.

        Raises
        ------
        RunError
            If the marker is damaged; the block counts as not done then.
        """
        path = self._path(stage, block)
        try:
            with path.open("rb") as file, np.load(file) as stored:
                return {name: stored[name] for name in only}
        except _DAMAGE as error:
            self.unmark(stage, block)
            raise RunError(
                f"{path} cannot be read: it was damaged on disk. Go on with "
                "resume=True (--resume): its block is done again."
            ) from error

    def has(self, stage: str, block: Block) -> bool:
        """Whether a block has a marker, with whatever key."""
        return self._path(stage, block).is_file()

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
