"""How long a window's event loop lets others wait, and whose fault it is.

A timer of 2 ms notes the time between two of its ticks. As long as anything else runs
on the thread of the window, or that thread waits for the interpreter's lock, the timer
cannot tick: the gap is what a click at that moment waits at most.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QEventLoop, Qt, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

TICK_MS = 2
LATE = 0.03
"""Seconds after which the window is late, and is asked what it does."""

OURS = ("napari_skoots", "skoots")


class Pulse:
    """Notes the gaps of the event loop, in phases.

    Parameters
    ----------
    blame : bool
        Look from another thread at what the window does while it is late. This takes
        the interpreter's lock now and then: not for figures.
    """

    def __init__(self, *, blame: bool = False) -> None:
        self.phase = ""
        """What is going on; gaps of the phase "" are not kept."""

        self._gaps: defaultdict[str, list[float]] = defaultdict(list)
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._seen: Counter[str] = Counter()
        self._window = threading.get_ident()
        if blame:
            threading.Thread(target=self._watch, daemon=True).start()

    def _tick(self) -> None:
        now = time.perf_counter()
        if self.phase:
            self._gaps[self.phase].append(now - self._last)
        self._last = now

    def report(self) -> dict[str, dict[str, float]]:
        """Give the gaps of each phase, in milliseconds.

        ``p95`` and ``longest`` are of all gaps; ``felt`` is how late the window is, at
        least, for one in twenty of all moments, which weighs each gap with its length.
        """
        return {phase: _summary(gaps) for phase, gaps in self._gaps.items()}

    def blamed(self, most: int = 25) -> list[str]:
        """Say where the window was when it was late, the most frequent first."""
        return [f"{count:5d} {where}" for where, count in self._seen.most_common(most)]

    def _watch(self) -> None:
        while True:
            time.sleep(0.005)
            if self.phase and time.perf_counter() - self._last > LATE:
                frame = sys._current_frames().get(self._window)  # noqa: SLF001 - no other way
                self._seen[f"{self.phase}: {_where(frame)}"] += 1


def _summary(gaps: list[float]) -> dict[str, float]:
    ms = 1000 * np.sort(gaps)
    share = np.cumsum(ms) / ms.sum()
    return {
        "seconds": round(ms.sum() / 1000, 1),
        "median": round(float(np.median(ms)), 1),
        "p95": round(float(np.percentile(ms, 95)), 1),
        "p99": round(float(np.percentile(ms, 99)), 1),
        "longest": round(float(ms[-1]), 1),
        "felt": round(float(ms[np.searchsorted(share, 0.95)]), 1),
    }


def _where(frame: FrameType | None) -> str:
    """Give the place at work, and the innermost one of ours above it."""
    if frame is None:
        return "?"
    here, ours = _place(frame), ""
    above: FrameType | None = frame
    while above is not None and not ours:
        if any(f"/{name}/" in above.f_code.co_filename for name in OURS):
            ours = _place(above)
        above = above.f_back
    outer = frame
    while outer.f_back is not None and "napari" not in outer.f_code.co_filename:
        outer = outer.f_back
    return f"{ours or '-'} | {_place(outer)} | {here}"


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno} {code.co_name}"


def rest(seconds: float) -> None:
    """Let the window do what it does."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def wait_for(ready: Callable[[], Any], seconds: float, every_ms: int = 20) -> None:
    """Let the window do what it does until something holds.

    Raises
    ------
    TimeoutError
        If it does not in time.
    """
    loop, poll = QEventLoop(), QTimer()
    end = time.perf_counter() + seconds
    poll.timeout.connect(
        lambda: loop.quit() if ready() or time.perf_counter() > end else None
    )
    poll.start(every_ms)
    loop.exec()
    poll.stop()
    if not ready():
        raise TimeoutError(f"It did not come in {seconds} s.")
