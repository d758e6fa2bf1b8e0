"""Compile a function with numba the way every kernel here needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function) -> _Function:
    """Compile on first call, without the interpreter lock and without threads.

    The machine code is kept in ``__pycache__`` beside the source, or in the user's
    cache folder where that may not be written. No fast-math flag is set: the result
    equals the reference bit for bit.
    """
    return cast("_Function", numba.njit(nogil=True, cache=True)(function))
