"""Write small files so that a crash leaves either the old one or the new one."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skoots.errors import SkootsError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Suffix of a file that is being written, here and in zarr; what a dead process left is
cleared."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn what the operating system refuses to write into words.

    Parameters
    ----------
    place : Path
        Where is being written; named in the message.

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
        raise StorageError(error.errno, _words(place, error)) from error


def _words(place: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return (
            f"The disk that holds {place} is full. Blocks that are done are safe: free "
            "some space and go on with --resume."
        )
    if error.errno in _FORBIDDEN:
        return (
            f"Nothing may be written to {place} ({error.strerror}). Choose another "
            "folder with --out."
        )
    return (
        f"Writing to {place} failed: {error.strerror or error}. Blocks that are done "
        "are safe: check the disk and go on with --resume."
    )
