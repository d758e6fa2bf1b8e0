"""Write files so that a crash or a power cut leaves either the old one or the new one.

What `sync_files` got is on the disk when it returns, not only on its way there: a
marker that is written afterwards never stands over chunks that a power cut took.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import SkootsError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Suffix of a file that is being written, here and in zarr; what a dead process left is
cleared."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do where something cannot be written, as parts of sentences."""

    safe: str
    """What is not lost."""

    again: str
    """What to do when there is room."""

    elsewhere: str
    """What to do where nothing may be written."""


SEGMENTING = Remedy(
    safe="Blocks that are done are safe",
    again="go on with resume=True (--resume)",
    elsewhere="Choose another place with out (--out)",
)
"""Where a run is written."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        partial.write_bytes(content)
        _sync(partial)
        partial.replace(path)
        sync_folder(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def sync_files(files: Iterable[Path], top: Path) -> None:
    """Wait until files, and the folders that name them, are on the disk.

    Parameters
    ----------
    files : iterable of Path
        Those that do not exist are left out; that they are gone lasts too.
    top : Path
        The highest folder that may be new.
    """
    folders: set[Path] = set()
    for file in files:
        if file.exists():
            _sync(file)
        folders.update(f for f in file.parents if f.is_relative_to(top) and f.is_dir())
    for folder in sorted(folders, reverse=True):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where a system can do that."""
    if os.name == "posix":
        _sync(folder)


def _sync(path: Path) -> None:
    # Windows flushes only what is open for writing, and cannot open folders
    number = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def storage_errors(place: Path, remedy: Remedy = SEGMENTING) -> Iterator[None]:
    """Turn what the operating system refuses to write into words.

    Parameters
    ----------
    place : Path
        Where is being written; named in the message.
    remedy : Remedy
        What to do about it.

    Raises
    ------
    StorageError
        Instead of any other OSError.
    """
    try:
        yield
    except SkootsError:
        raise
    except OSError as error:
        raise StorageError(error.errno, _words(place, error, remedy)) from error


def _words(place: Path, error: OSError, remedy: Remedy) -> str:
    if error.errno in _FULL:
        return (
            f"The disk that holds {place} is full. {remedy.safe}: free some space and "
            f"{remedy.again}."
        )
    if error.errno in _FORBIDDEN:
        return (
            f"Nothing may be written to {place} ({error.strerror}). {remedy.elsewhere}."
        )
    return (
        f"Writing to {place} failed: {error.strerror or error}. {remedy.safe}: check "
        f"the disk and {remedy.again}."
    )
