"""What the first bytes of a file say that is given as a TIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

_TIFF = (b"II", b"MM", b"EP")
"""Byte orders; the version after them is left to the library, which knows many."""

_FLAT = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF"}


def check_header(path: Path) -> None:
    """Refuse a file that is no TIFF by its first bytes.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SourceError
        If it is empty, an image of another kind or anything else; the message says
        which.
    PermissionError
        If it may not be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(4)
    except PermissionError:
        raise
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}. Copy it to another disk."
        ) from error
    if not header:
        raise SourceError(f"{path} is empty (0 bytes). Copy or save the file again.")
    for start, kind in _FLAT.items():
        if header.startswith(start):
            raise SourceError(
                f"{path} is a {kind}, not a volume: convert it to TIFF, all slices in "
                "one file."
            )
    if not header.startswith(_TIFF):
        raise SourceError(f"{path} is no TIFF. Give a TIFF or a zarr volume.")
