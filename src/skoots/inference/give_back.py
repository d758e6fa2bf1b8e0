"""Memory that a pass has freed, given back to the system before the next one."""

from __future__ import annotations

import ctypes
import sys


def give_back_memory() -> None:
    """Give back what is free; does nothing where the allocator cannot be asked.

    The C library of Linux keeps freed memory between what is still in use: after the
    network, more than half a gigabyte that the next passes would come on top of.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's, not musl's
    if trim is not None:
        trim(0)
