"""What says that memory is short, and words for it where nothing smaller is left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from skoots.errors import DeviceError, SkootsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skoots._types import Shape3

_WORDS = (
    "out of memory",
    "can't allocate memory",
    "cudnn_status_alloc_failed",
    "cublas_status_alloc_failed",
    "unable to find an engine to execute",  # cuDNN: none fits into what is left
)
"""What the CPU allocator of torch and the GPU libraries say, as plain RuntimeErrors."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error, of whatever library, says that memory is short.

    Parameters
    ----------
    error : Exception
        A MemoryError or a RuntimeError may be one.

    Examples
    --------
    >>> is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"))
    True
    """
    if isinstance(error, SkootsError):
        return False
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    said = str(error).lower()
    return any(words in said for words in _WORDS)


@contextmanager
def memory_errors(block: Shape3) -> Iterator[None]:
    """Turn a lack of memory into words, where blocks that are done are safe.

    Parameters
    ----------
    block : tuple of int
        Voxels along Z, Y, X that are worked on at once; named in the message.

    Raises
    ------
    DeviceError
        Instead of any error that says that memory is short.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"There is too little memory to make labels of blocks of {block} voxels "
            "(Z, Y, X). Blocks that are done are safe: close other programs and go on "
            "with resume=True (--resume), or start again with overwrite=True "
            "(--overwrite) and a smaller tile_zyx (--tile)."
        ) from error
