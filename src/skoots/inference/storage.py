"""Write small files so that a crash leaves either the old one or the new one."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skoots.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""Suffix of a file that is being written; what a dead process left is cleared."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it."""
    partial = path.with_name(path.name + PARTIAL)
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn what the operating system refuses into words.

    Parameters
    ----------
    place : Path
        Where is being written; named in the message.

    Raises
    ------
    StorageError
        Instead of an OSError that says that the disk is full or not writable.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                error.errno,
                f"The disk that holds {place} is full. Blocks that are done are safe: "
                "free some space and go on with --resume.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(
                error.errno,
                f"Nothing may be written to {place}. Choose another folder with --out.",
            ) from error
        raise
