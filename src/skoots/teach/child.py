"""The process of a worker: started, asked, and ended with its parent."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import skoots
from skoots.errors import WorkerError
from skoots.teach.frames import receive, send

if TYPE_CHECKING:
    from skoots.teach.frames import Reply

_KEPT_LINES = 30
"""Of what it says on stderr, for the error if it dies."""


class Child:
    """A process that runs `skoots.teach.worker`."""

    def __init__(self) -> None:
        # -P: a torch.py in the working folder is not ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "skoots.teach.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            creationflags=_flags(),
        )
        self._ready = threading.Event()
        self._replies: SimpleQueue[Reply | None] = SimpleQueue()
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._writing = threading.Lock()
        self._threads = [
            threading.Thread(target=work, name=work.__name__, daemon=True)
            for work in (self._read_replies, self._read_stderr)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def ready(self) -> bool:
        """Whether it has imported all it needs."""
        return self._ready.is_set() and self.alive

    @property
    def alive(self) -> bool:
        """Whether it runs and can be asked."""
        return self._process.poll() is None and not self._closed

    @property
    def pid(self) -> int:
        """Its number with the operating system."""
        return self._process.pid

    @property
    def _closed(self) -> bool:
        return self._process.stdin is None or self._process.stdin.closed

    def ask(self, message: object, *, saved: bool) -> Reply:
        """Send a message and wait for the answer.

        Parameters
        ----------
        message : object
            One of `skoots.teach.frames`.
        saved : bool
            Whether a job would leave a checkpoint, for the words if it dies.

        Raises
        ------
        WorkerError
            If it is gone.
        """
        pipe = self._process.stdin
        # where it is gone no answer comes
        with contextlib.suppress(OSError, ValueError), self._writing:
            if pipe is not None:
                send(pipe, message)
        reply = self._replies.get()
        if reply is None:
            self._replies.put(None)  # for whoever asks again
            raise WorkerError(self._why(saved=saved))
        return reply

    def close(self, patience: float, *, working: bool = True) -> None:
        """Let it save and leave, or end it.

        Parameters
        ----------
        patience : float
            Seconds that it has.
        working : bool
            Whether it has anything to save; else it is told to leave at once, also
            while it still imports.
        """
        pipe = self._process.stdin
        with contextlib.suppress(OSError), self._writing:
            if pipe is not None:
                pipe.close()
        if not working:
            self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(1)

    def _read_replies(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        with pipe:
            if receive(pipe) is not None:
                self._ready.set()
            while (reply := receive(pipe)) is not None:
                self._replies.put(reply)
        self._replies.put(None)

    def _read_stderr(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None  # noqa: S101 - it was asked for
        with pipe:
            for line in pipe:
                self._said.append(line.decode(errors="replace").rstrip())

    def _why(self, *, saved: bool) -> str:
        """Say how it ended and what to do."""
        if self._closed:
            return "The process that teaches was closed. What it had learned is saved."
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        self._threads[1].join(1)
        ended = "was killed" if code is not None and code < 0 else "ended"
        kept = (
            "What it had learned up to the last checkpoint is kept: go on with that "
            "training (--resume)."
            if saved
            else "It had learned nothing yet: teach again."
        )
        said = "".join(f"\n{line}" for line in self._said)
        return (
            f"The process that teaches {ended} in the middle of its work (code {code})."
            f" Most often memory is short: close other programs. {kept}{said}"
        )


def _environment() -> dict[str, str]:
    """Let it find this very package, also where that is not installed."""
    home = Path(skoots.__file__).parents[1]
    environment = dict(os.environ)
    if home.name not in ("site-packages", "dist-packages"):
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(home), known)))
    return environment


def _flags() -> int:
    """Give what starts a process without a window, behind others, on Windows."""
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
