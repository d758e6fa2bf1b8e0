"""A long job of the engine in a thread of its own, heard on the thread of the window.

::

    worker thread                          thread of the window
    next(generator) -- event --> queue --> event, returned, failed, stopped; ended
         ^                                      |
         '--- flags: pause, cancel, point <-----'   pause, resume, cancel, look_at

The generator is made, advanced and closed in the worker thread alone. Only flags go the
other way, so a job reacts between two events: the engine yields one per tile.

napari's own workers are not used: they take each ``RuntimeError`` for a worker that was
deleted and keep silent, and some errors of the engine are such; they leave a generator
to the garbage collector when it is cancelled; and they share a pool of as many threads
as there are cores, where a paused job would keep the others from starting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from qtpy.QtCore import QCoreApplication, QObject, Qt, Signal

if TYPE_CHECKING:
    from skoots.events import Event

    Point: TypeAlias = tuple[float, float, float]

Start: TypeAlias = Callable[[], "Generator[Event, Any, Any]"]

_PATIENCE = 60.0
"""Seconds that a program which is closing waits for the tile that is worked on."""


class Job(QObject):
    """One run of a generator of events.

    Parameters
    ----------
    start : callable
        Makes the generator; called in the worker thread, so it may import what takes
        long.
    title : str
        What the user reads of it, such as ``Segment cells``.
    """

    event = Signal(object)
    """An event of the engine."""

    returned = Signal(object)
    """The result; the job came to its end."""

    failed = Signal(object)
    """The exception that ended it."""

    stopped = Signal()
    """It was cancelled, and its generator is closed."""

    ended = Signal()
    """The last signal, whatever the end was."""

    paused_changed = Signal(bool)

    _told = Signal(str, object)

    _running: ClassVar[set[Job]] = set()
    """Keeps jobs alive that nobody holds any more."""

    def __init__(self, start: Start, title: str) -> None:
        super().__init__()
        self.title = title
        self._start = start
        self._cancelled = False
        self._left = False
        self._point: Point | None = None
        self._words: SimpleQueue[str] = SimpleQueue()
        self._go = threading.Event()
        self._go.set()
        self._thread = threading.Thread(target=self._run, name=f"skoots: {title}")
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended, as the window knows."""
        return self in self._running

    @property
    def paused(self) -> bool:
        """Whether it waits, or will after the tile that is being worked on."""
        return not self._go.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._cancelled

    def start(self) -> None:
        """Begin; the program waits for the job when it is closed."""
        self._running.add(self)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self._on_quit)
        self._thread.start()

    def pause(self) -> None:
        """Wait after the tile that is being worked on."""
        self._go.clear()
        self.paused_changed.emit(True)

    def resume(self) -> None:
        """Go on."""
        self._go.set()
        self.paused_changed.emit(False)

    def cancel(self) -> None:
        """Stop after the tile that is being worked on; what is done is kept."""
        self._cancelled = True
        self._go.set()

    def look_at(self, point: Point) -> None:
        """Ask for what is nearest to a point (Z, Y, X), in voxels of the image."""
        self._point = point

    def ask(self, word: str) -> None:
        """Send a word to the generator, once, before any point."""
        self._words.put(word)

    def leave(self) -> None:
        """Stop as `cancel` does, and tell nobody: who listened is gone."""
        self._left = True
        self.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the worker thread; its last signals come by the event loop after.

        Returns
        -------
        bool
            Whether it ended in time.
        """
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # ---- the worker thread

    def _run(self) -> None:
        try:
            with closing(self._start()) as generator:
                last = self._drain(generator)
        except Exception as error:  # noqa: BLE001 - the one place that hands on all
            last = ("failed", error)
        self._tell(*last)
        self._tell("ended")

    def _drain(self, generator: Generator[Event, Any, Any]) -> tuple[str, Any]:
        """Advance the generator to its end, or until the job is cancelled."""
        sent: Point | str | None = None  # a generator that begins takes nothing else
        while not self._cancelled:
            try:
                event = generator.send(sent)
            except StopIteration as end:
                return "returned", end.value
            self._tell("event", event)
            self._go.wait()
            sent = self._point if self._words.empty() else self._words.get()
        return "stopped", None

    def _tell(self, signal: str, value: object = None) -> None:
        with suppress(RuntimeError):  # the window was destroyed: nobody listens
            self._told.emit(signal, value)

    # ---- the thread of the window

    def _on_told(self, signal: str, value: object) -> None:
        if signal == "ended":
            self._running.discard(self)
            app = QCoreApplication.instance()
            if app is not None:
                with suppress(RuntimeError, TypeError):  # quit already
                    app.aboutToQuit.disconnect(self._on_quit)
        if self._left:
            return
        if signal in ("event", "returned", "failed"):
            getattr(self, signal).emit(value)
        else:
            getattr(self, signal).emit()

    def _on_quit(self) -> None:
        """Leave valid files behind; the thread would outlive the window else."""
        self.cancel()
        self.wait(_PATIENCE)
