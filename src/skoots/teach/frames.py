"""Messages between a process and the worker that it started.

Each is a pickle behind its length; before the first one comes a word, for whatever
runs in an interpreter before the worker does may print.

Pickles are safe between these two alone: the worker is this very program, started by
the one that listens, over pipes that no other process holds. Nothing that came from a
file or a network is read so.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from typing import IO

    from skoots.events import Event, TeachFinished

_LENGTH = struct.Struct(">Q")
_WORD = b"\0skoots.teach.worker\0"
_LONGEST = 1 << 30
"""Bytes; a longer message is none."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Asks for a job: the name of a function of `skoots.teach`, and its arguments."""

    task: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Next:
    """Asks to go on until the next event, with what is sent."""

    sent: object = None


@dataclass(frozen=True, slots=True)
class Close:
    """Asks to stop the job and to save what it has."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Says that everything is imported, or that a job was begun or closed."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Brings an event."""

    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """Brings the result of a job."""

    result: TeachFinished


@dataclass(frozen=True, slots=True)
class Failed:
    """Brings the error that ended a job."""

    error: Exception


Reply: TypeAlias = Ready | Happened | Ended | Failed


def announce(pipe: IO[bytes]) -> None:
    """Write the word before the first message.

    Raises
    ------
    OSError
        If nobody reads.
    """
    pipe.write(_WORD)
    pipe.flush()


def skip_to_first(pipe: IO[bytes]) -> bool:
    """Read until the word before the first message; whether it came."""
    last = b""
    while not last.endswith(_WORD):
        byte = pipe.read(1)
        if not byte:
            return False
        last = last[1 - len(_WORD) :] + byte
    return True


def send(pipe: IO[bytes], message: object) -> None:
    """Write a message.

    Raises
    ------
    OSError, ValueError
        If nobody reads any more, or the pipe was closed.
    """
    content = pickle.dumps(message)
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message; None where the other side has ended.

    Raises
    ------
    ValueError
        If what comes is no message.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        raise ValueError(f"a message of {length} bytes was announced")
    content = pipe.read(length)
    if len(content) < length:
        return None
    return pickle.loads(content)  # noqa: S301 - of our own process; see above
