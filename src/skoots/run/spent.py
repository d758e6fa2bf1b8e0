"""How long processes have worked on a run, added up over all of them."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from skoots.run.layout import SPENT, STATE
from skoots.run.storage import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def timed(path: Path, job: str) -> Iterator[None]:
    """Add the time that passes within to what a run took.

    It is added when the work ends in whatever way, short of being killed. That it could
    not be written is no error: nothing depends on it.

    Parameters
    ----------
    path : Path
        The run folder, locked by this process.
    job : str
        What is done: ``segment`` or ``relabel``.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        spent = seconds_spent(path)
        spent[job] = round(spent.get(job, 0.0) + time.monotonic() - began, 3)
        with suppress(OSError):
            write_atomically(path / STATE / SPENT, json.dumps(spent).encode())


def seconds_spent(path: Path) -> dict[str, float]:
    """Give the seconds that each kind of job took in all; empty where none is known.

    Parameters
    ----------
    path : Path
        The run folder.
    """
    try:
        found = json.loads((path / STATE / SPENT).read_bytes())
        return {str(job): float(seconds) for job, seconds in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):  # absent or damaged
        return {}
