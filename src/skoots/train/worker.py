"""Train in a process of its own: ``python -m skoots.train.worker PROJECT``.

Training in a thread would take the interpreter's lock from whoever draws a window. This
process prints one JSON object a line for each event; an error is one too, ``Error``. A
line ``stop`` on its standard input, or the signals that end a process, let it finish
its step, save and leave.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.events import Event

STOPPED = 130
"""The exit code of a training that was asked to stop."""


def main(
    project: Annotated[Path, typer.Argument(help="A folder with settings.yaml.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:N or mps.")] = "auto",
    threads: Annotated[
        int, typer.Option(help="Processor threads; 0: what the settings say.")
    ] = 0,
) -> None:
    """Train, or go on with a training, and print events as JSON."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    try:
        stopped = _work(project, device, threads, stop)
    except SkootsError as error:
        _say({"event": "Error", "kind": type(error).__name__, "message": str(error)})
        raise typer.Exit(1) from error
    if stopped:
        raise typer.Exit(STOPPED)


def to_json(event: Event) -> str:
    """Give an event as one line of JSON.

    Returns
    -------
    str
        ``event`` is the name of its class; what is no number is null, a path text.

    Examples
    --------
    >>> from skoots.events import Notice
    >>> to_json(Notice("hello"))
    '{"event": "Notice", "message": "hello"}'
    """
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    named = {"event": type(event).__name__, **values}
    return json.dumps(_plain(named), allow_nan=False)


def _work(project: Path, device: str, threads: int, stop: threading.Event) -> bool:
    """Tell whether it was asked to stop before the end."""
    from skoots.train.engine import train  # noqa: PLC0415 - takes a second

    job = train(project, resume=True, device=device, threads=threads)
    with closing(job):  # also when nobody reads any more
        for event in job:
            _say_line(to_json(event))
            if stop.is_set():
                return True
    return False


def _listen(stop: threading.Event) -> None:
    # The end of the input means nothing: it may never have been open.
    for line in sys.stdin:
        if line.strip() == "stop":
            stop.set()


def _say(values: Mapping[str, Any]) -> None:
    _say_line(json.dumps(values))


def _say_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


if __name__ == "__main__":
    typer.run(main)
