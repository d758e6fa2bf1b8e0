"""Freed memory leaves the process."""

from __future__ import annotations

import sys

import pytest
from inference_cases import run_python

CODE = """
import psutil
import numpy as np
from skoots.inference.give_back import give_back_memory

def resident():
    return psutil.Process().memory_info().rss >> 20

pieces = [np.ones(10_000) for _ in range(2000)]  # 80 kB each: the heap's
last = np.ones(10_000)  # holds the end of the heap
full = resident()
del pieces
give_back_memory()
assert full - resident() > 100, (full, resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are not asked")
def test_what_was_freed_between_what_is_kept_goes_back() -> None:
    done = run_python("-c", CODE)
    assert done.returncode == 0, done.stderr
