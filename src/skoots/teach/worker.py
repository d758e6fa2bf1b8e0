"""Teach in a process of its own, ready before it is needed.

``python -m skoots.teach.worker THREADS FOLDER`` imports what teaching needs, tries it
once on next to nothing, with files in the folder, says so, and waits for jobs;
`skoots.teach.process.Worker` starts it and speaks with it. In lock step::

    Begin ──> job is made      ──> Ready
    Next  ──> job goes one on  ──> Happened, Ended or Failed
    Close ──> job is closed    ──> Ready

So whoever does not ask lets it wait. When the input ends, for its parent is gone, or
the system says so, the job is closed, which saves its state, and the process ends.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import pickle
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.errors import SkootsError, WorkerError
from skoots.teach.frames import (
    Begin,
    Close,
    Ended,
    Failed,
    Happened,
    Next,
    Ready,
    announce,
    receive,
    send,
)
from skoots.teach.leaving import Leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import IO

    from skoots.events import Event
    from skoots.teach.frames import Reply

    Job = Generator[Event, Any, Any]

_WARMING_THREADS = 2

NICE = 5
"""By how much the worker steps back behind whoever draws a window, on POSIX."""


def main() -> None:
    """Serve the process that started this one, until it closes the pipe."""
    arguments = _arguments()
    asked, said = _own_pipes()
    with contextlib.suppress(OSError):  # nobody listens any more: it is noticed below
        announce(said)
    faulthandler.enable()  # to stderr, of which the parent keeps the end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    leaving = Leaving()
    signal.signal(signal.SIGTERM, leaving.hear)
    if hasattr(os, "nice"):
        os.nice(NICE)
    tasks = _tasks()
    with contextlib.suppress(Exception):  # whatever it is, a real job will say it
        _warm_up(arguments.threads, arguments.folder)
    # its parent may be gone, and remove nothing
    shutil.rmtree(arguments.folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # nobody listens any more
        send(said, Ready())
        serve(asked, said, tasks, leaving)


def serve(
    asked: IO[bytes],
    said: IO[bytes],
    tasks: Mapping[str, Callable[..., Job]],
    leaving: Leaving,
) -> None:
    """Answer each message with one, until there are no more or it shall leave.

    Parameters
    ----------
    asked, said : binary files
        Where messages come from and answers go.
    tasks : Mapping from str to callable
        What makes jobs, by name.
    leaving : Leaving
        Hears when it shall leave.

    Raises
    ------
    OSError
        If nobody reads the answers.
    SystemExit
        If it shall leave while it waits.
    """
    job: Job | None = None
    try:
        while not leaving.asked and (message := receive(asked)) is not None:
            with leaving.later():
                try:
                    job, reply = _answer(job, message, tasks)
                except Exception as error:  # noqa: BLE001 - the other process is told
                    job, reply = None, Failed(portable(error))
            send(said, reply)
    finally:
        with leaving.later():
            if job is not None:
                job.close()


def _answer(
    job: Job | None, message: object, tasks: Mapping[str, Callable[..., Job]]
) -> tuple[Job | None, Reply]:
    match message:
        case Begin(task=task, arguments=arguments):
            if job is not None:  # its listener vanished without a word
                job.close()
            return tasks[task](**arguments), Ready()
        case Next(sent=sent) if job is not None:
            try:
                return job, Happened(job.send(sent))
            except StopIteration as end:
                return None, Ended(end.value)
        case Close():
            if job is not None:
                job.close()
            return None, Ready()
        case _:
            raise WorkerError(f"The worker was asked {message} out of turn.")


def portable(error: Exception) -> SkootsError:
    """Give an error that can travel: itself, or one that says what it was.

    Examples
    --------
    >>> portable(WorkerError("It is gone."))
    WorkerError('It is gone.')
    """
    if not isinstance(error, SkootsError):
        where = "".join(traceback.format_exception(error)).rstrip()
        return WorkerError(
            f"Teaching failed in a way that nobody foresaw: {type(error).__name__}: "
            f"{error}. What was learned up to the last checkpoint is kept. Please "
            f"report what follows.\n{where}"
        )
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - written in this line
    except Exception:  # noqa: BLE001 - whatever it is, the words can travel
        return WorkerError(str(error))
    return error


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes to the parent away from whoever prints or reads."""
    asked, said = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return asked, said


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("threads", type=int)
    parser.add_argument("folder", type=Path)
    return parser.parse_args()


def _warm_up(threads: int, folder: Path) -> None:
    """Warm up with few threads: somebody paints meanwhile."""
    import torch  # noqa: PLC0415 - after the pipes are safe

    from skoots.teach.warming import warm_up  # noqa: PLC0415 - likewise

    few = warming_threads(threads)
    before = torch.get_num_threads()
    torch.set_num_threads(few)
    try:
        warm_up(few, folder)
    finally:
        torch.set_num_threads(before)


def warming_threads(threads: int) -> int:
    """Give the threads that warm up; `threads` may work later, 0: all there are.

    Examples
    --------
    >>> warming_threads(1), warming_threads(12)
    (1, 2)
    """
    return max(1, min(threads or (os.cpu_count() or 1) - 1, _WARMING_THREADS))


def _tasks() -> dict[str, Callable[..., Job]]:
    """Import what takes seconds."""
    from skoots.teach import teaching  # noqa: PLC0415 - after the pipes are safe
    from skoots.teach.project import TeachProject  # noqa: PLC0415 - likewise

    def begin(project: str, **wish: Any) -> Job:
        return teaching.teach(TeachProject(project), **wish)

    def go_on(project: str, **wish: Any) -> Job:
        return teaching.go_on(TeachProject(project), **wish)

    return {"teach": begin, "go_on": go_on}


if __name__ == "__main__":
    main()
