"""Compile a function with numba the way every kernel here needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function) -> _Function:
    """Compile on first call, without the interpreter lock and without threads.

    The machine code is kept in ``__pycache__`` beside the source, in the user's cache
    folder where that may not be written, and nowhere if there is none. No fast-math
    flag is set: numbers round as they do in the reference.
    """
    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder that it may write
        made = numba.njit(nogil=True, cache=False)(function)
    return cast("_Function", made)
