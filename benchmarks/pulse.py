"""How long a window's event loop lets others wait, and whose fault it is.

A timer of 2 ms notes the time between two of its ticks. As long as anything else runs
on the thread of the window, or that thread waits for the interpreter's lock, the timer
cannot tick: the gap is what a click at that moment waits at most.
"""

from __future__ import annotations

import gc
import signal
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

LOOK = 0.005
OURS = ("napari_skoots", "skoots")


class Pulse:
    """Notes the gaps of the event loop, in phases.

    Parameters
    ----------
    blame : bool
        Look every few milliseconds at what the window does while it is late. This takes
        time: not for figures. Not on Windows.
    """

    def __init__(self, *, blame: bool = False) -> None:
        self._phase = ""
        self._gaps: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self._last = time.perf_counter()
        self._worked = time.thread_time()
        self._began = self._last, self._worked
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._seen: Counter[str] = Counter()
        self._collected: defaultdict[str, float] = defaultdict(float)
        self._collecting = 0.0
        gc.callbacks.append(self._on_collection)
        self._looked = 0.0
        if blame:
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)

    @property
    def phase(self) -> str:
        """What is going on; gaps of the phase "" are not kept."""
        return self._phase

    @phase.setter
    def phase(self, name: str) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        if self._phase and self._phase not in self._gaps:
            # it was shorter than the wait for a tick: it was one gap
            before, done = self._began
            self._gaps[self._phase].append((now - before, worked - done))
        self._phase, self._began = name, (now, worked)

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        if self.phase:
            self._gaps[self.phase].append((now - self._last, worked - self._worked))
        self._last, self._worked = now, worked

    def report(self) -> dict[str, dict[str, float]]:
        """Give the gaps of each phase, in milliseconds.

        ``p95`` and ``longest`` are of all gaps; ``felt`` is how late the window is, at
        least, for one in twenty of all moments, which weighs each gap with its length.
        ``work_p95`` and ``work_longest`` are the processor time of the window's thread
        in the gaps: what is left without other programs, and without the network, which
        the thread also waits for. ``garbage`` is the longest search of Python for
        garbage, on whatever thread: all others wait for it.
        """
        return {
            phase: _summary(gaps)
            | {"garbage": round(1000 * self._collected.get(phase, 0.0), 1)}
            for phase, gaps in self._gaps.items()
        }

    def _on_collection(self, step: str, _facts: dict[str, int]) -> None:
        now = time.perf_counter()
        if step == "start":
            self._collecting = now
        else:
            longest = self._collected[self.phase]
            self._collected[self.phase] = max(longest, now - self._collecting)

    def blamed(self, most: int = 25) -> list[str]:
        """Say where the window was when it was late, in ms, the longest first."""
        return [f"{ms:6d} {where}" for where, ms in self._seen.most_common(most)]

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        """Note what is done, for as long as it was done since the last look.

        By a signal, in the thread of the window: another thread that holds its frames
        would be the last to hold a painter now and then, and Qt crashes.
        """
        now = time.perf_counter()
        if self.phase and now - self._last > LATE:
            since = now - max(self._last, self._looked)
            self._seen[f"{self.phase}: {_where(frame)}"] += round(1000 * since)
        self._looked = now


def _summary(gaps: list[tuple[float, float]]) -> dict[str, float]:
    waited, worked = 1000 * np.sort(gaps, axis=0).T
    share = np.cumsum(waited) / waited.sum()
    found = {
        "seconds": waited.sum() / 1000,
        "median": np.median(waited),
        "p95": np.percentile(waited, 95),
        "p99": np.percentile(waited, 99),
        "longest": waited[-1],
        "felt": waited[np.searchsorted(share, 0.95)],
        "work_p95": np.percentile(worked, 95),
        "work_longest": worked[-1],
    }
    return {name: round(float(value), 1) for name, value in found.items()}


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
