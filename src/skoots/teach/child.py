"""The process of a worker: started, asked, and ended with its parent."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import skoots
from skoots.errors import WorkerError
from skoots.teach.frames import receive, send, skip_to_first

if TYPE_CHECKING:
    from skoots.teach.frames import Reply

_KEPT_LINES = 30
"""Of what it says on stderr, for the error if it dies."""

_ENDING = 15.0
"""Seconds between its last word and its end: torch takes long where others compute."""

_NOTHING = "It had learned nothing yet: teach again."


class Child:
    """A process that runs `skoots.teach.worker`.

    Parameters
    ----------
    threads : int
        Processor threads that may work there; 0: all there are.

    Raises
    ------
    WorkerError
        If no process can be started.
    """

    def __init__(self, threads: int = 0) -> None:
        self._folder, self._process = _start(threads)
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
    def failed(self) -> bool:
        """Whether it died before it was ready."""
        return self._process.poll() is not None and not self._ready.is_set()

    @property
    def said(self) -> str:
        """What it said last on stderr, each line behind a line break."""
        self._threads[1].join(1)
        return "".join(f"\n{line}" for line in self._said)

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

    def ask(self, message: object, *, learned: bool, saved: bool) -> Reply:
        """Send a message and wait for the answer.

        Parameters
        ----------
        message : object
            One of `skoots.teach.frames`.
        learned : bool
            Whether a job has taken a step, which it saves where it may end in peace.
        saved : bool
            Whether it would leave a checkpoint if it died. Both are for the words.

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
            raise WorkerError(self._why(learned=learned, saved=saved))
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
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_replies(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        try:
            with pipe:
                if skip_to_first(pipe) and receive(pipe) is not None:
                    self._ready.set()
                while (reply := receive(pipe)) is not None:
                    self._replies.put(reply)
        except Exception as error:  # noqa: BLE001 - whoever asks is told
            self._said.append(f"What it answers cannot be read: {error!r}")
            self._process.kill()
        finally:
            self._replies.put(None)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _read_stderr(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None  # noqa: S101 - it was asked for
        with pipe:
            for line in pipe:
                self._said.append(line.decode(errors="replace").rstrip())

    def _why(self, *, learned: bool, saved: bool) -> str:
        """Say how it ended and what to do."""
        try:
            code = self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            code = None
        kept = (
            "What it had learned up to the last checkpoint is kept: go on with that "
            "training (--resume)."
            if saved
            else _NOTHING
        )
        if code == 0:  # it was asked to leave
            asked = "closed" if self._closed else "told to end by the system"
            rest = "What it had learned is saved." if learned or saved else _NOTHING
            return f"The process that teaches was {asked}. {rest}"
        if self._closed:
            return f"The process that teaches was closed before it could save. {kept}"
        ended = "was killed" if code is not None and code < 0 else "ended"
        when = "in the middle of its work" if self._ready.is_set() else "as it started"
        return (
            f"The process that teaches {ended} {when} (code {code}). Most often memory "
            f"is short: close other programs. {kept}{self.said}"
        )


def _start(threads: int) -> tuple[Path, subprocess.Popen[bytes]]:
    """Start the process, and give the folder of its temporary files with it."""
    folder = None
    try:
        folder = tempfile.mkdtemp(prefix="skoots-worker-")
        # -P: a torch.py in the working folder is not ours
        words = [sys.executable, "-P", "-m", "skoots.teach.worker"]
        words += [str(threads), folder]
        process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            creationflags=_flags(),
        )
    except OSError as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise WorkerError(
            f"The process that teaches cannot be started: {error}. Close other "
            "programs, or make room for temporary files, and try again."
        ) from error
    return Path(folder), process


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
