"""Work on several blocks at once, no further ahead than is asked for."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future


VOXELS_AT_ONCE = 1 << 25
"""What all workers of a pass hold together, and one block more: memory stays the same
whatever the size of the volume, and is bounded whatever the number of cores."""

T = TypeVar("T")
U = TypeVar("U")


def count_workers(voxels: int) -> int:
    """Give how many may work at once where each holds so many voxels."""
    return min(os.cpu_count() or 1, -(-VOXELS_AT_ONCE // voxels))


def work_in_order(
    work: Callable[[T], U], items: Iterable[T], workers: int
) -> Generator[U, Any, None]:
    """Do work on threads and yield the results in the order of the items.

    At most `workers` items are begun beyond those that were yielded: who does not
    advance the generator pauses the work. Closing it waits for what is being worked on
    and begins nothing more.

    Parameters
    ----------
    work : callable
        Called with one item, from a thread.
    items : iterable
        What there is to do.
    workers : int
        How many threads.
    """
    ahead: deque[Future[U]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                if len(ahead) == workers:
                    yield ahead.popleft().result()
                ahead.append(pool.submit(work, item))
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
