"""Prepare what is needed next while the network is busy with what is needed now."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

Key = TypeVar("Key")
Made = TypeVar("Made")


def prepared(
    make: Callable[[Key], Made], keys: Iterable[Key], *, workers: int, ahead: int = 2
) -> Generator[Made, None, None]:
    """Yield what `make` gives for each key, in the keys' order.

    Threads are enough: the work is done in compiled code that lets others run.

    Parameters
    ----------
    make : callable
        Gives the same for a key whenever and wherever it is called.
    keys : iterable
        May be endless; only the next few are drawn.
    workers : int
        Threads; with 0 each is made when it is asked for.
    ahead : int
        How many each thread prepares at most before they are needed.
    """
    if workers == 0:
        yield from map(make, keys)
        return
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="skoots-crops")
    try:
        for key in keys:
            waiting.append(pool.submit(make, key))
            if len(waiting) > workers * ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
