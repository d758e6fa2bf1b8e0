"""What is prepared ahead comes in order, and no more than was asked for."""

from __future__ import annotations

import threading
import time
from itertools import count, islice

import pytest

from skoots.train.prefetch import prepared


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_what_is_made_comes_in_the_order_of_its_keys(workers: int) -> None:
    def slowest_first(key: int) -> int:
        time.sleep(0.002 * (8 - key))
        return key * key

    made = prepared(slowest_first, range(8), workers=workers)
    assert list(made) == [n * n for n in range(8)]


def test_only_the_next_few_are_made_of_keys_without_end() -> None:
    begun: list[int] = []
    made = prepared(lambda key: begun.append(key) or key, count(), workers=2, ahead=2)
    assert list(islice(made, 3)) == [0, 1, 2]
    made.close()
    assert len(begun) <= 3 + 2 * 2


def test_an_error_comes_out_where_its_key_stands() -> None:
    def picky(key: int) -> int:
        if key == 2:
            raise ValueError("no twos")
        return key

    made = prepared(picky, range(5), workers=2)
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ValueError, match="no twos"):
        next(made)


def test_no_thread_is_left_behind() -> None:
    made = prepared(str, count(), workers=2)
    next(made)
    made.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("skoots-crops")]
