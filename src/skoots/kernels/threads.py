"""Spread a range of independent pieces over a few threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARES = 8
"""Ranges per thread, so that a thread that met an empty corner helps the others."""


def run_ranges(task: Callable[[int, int], object], count: int, *, small: bool) -> None:
    """Call ``task(start, stop)`` until the ranges cover 0 to `count` once.

    Parameters
    ----------
    task : callable
        Releases the interpreter lock, and gives the same whatever the order.
    count : int
        How many pieces there are.
    small : bool
        Whether the work is not worth a thread; then it runs here in one call.
    """
    workers = min(torch.get_num_threads(), count)
    if small or workers < 2:
        task(0, count)
        return
    shares = min(count, workers * _SHARES)
    edges = [count * i // shares for i in range(shares + 1)]
    with ThreadPoolExecutor(workers, thread_name_prefix="skoots-kernel") as pool:
        for done in [pool.submit(task, a, b) for a, b in pairwise(edges)]:
            done.result()
