"""Compiling, where machine code can be kept and where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from skoots.kernels.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def _twice(x: float) -> float:
    return 2 * x


def test_a_function_without_a_place_for_its_code_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = numba.njit
    real(_twice)(1.0)  # what numba compiles for itself, it does so now

    def refuse(*, nogil: bool, cache: bool) -> Callable[..., Any]:
        if cache:
            # what numba says where neither the source's folder nor the user's cache
            # folder may be written
            raise RuntimeError("cannot cache function: no locator available")
        return real(nogil=nogil, cache=False)

    monkeypatch.setattr(numba, "njit", refuse)
    assert compiled(_twice)(3.0) == 6.0


def test_rounding_is_not_relaxed() -> None:
    @compiled
    def is_nan(x: np.float32) -> bool:
        return bool(x != x)  # noqa: PLR0124  fast-math would fold this to False

    assert is_nan(np.float32("nan"))
