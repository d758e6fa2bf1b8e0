"""Where the command line writes: results to stdout, everything else to stderr.

Each line is printed as it is: paths may hold brackets, which rich would take for
markup, and a line that is broken at 80 columns cannot be copied.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Console(highlight=False)
"""The result of a command."""

ERR = Console(stderr=True, highlight=False)
"""Progress, notices and errors."""

INTERRUPTED = 130
"""The exit code that shells give to a command stopped by Ctrl-C."""


def say(message: str, style: str = "") -> None:
    """Write one line to stderr."""
    ERR.print(Text(message, style=style), soft_wrap=True)


def report(error: SkootsError, about: str = "") -> None:
    """Write an error as one red line to stderr."""
    # An error of the operating system would begin with its number.
    message = getattr(error, "strerror", None) or str(error)
    text = " ".join(message.split())
    say(f"error: {about}{': ' if about else ''}{text}", style="red")


@contextmanager
def guard(*, debug: bool) -> Iterator[None]:
    """Turn the errors that a user can mend into one line and exit code 1.

    Parameters
    ----------
    debug : bool
        Let them through instead, with their traceback.
    """
    try:
        yield
    except SkootsError as error:
        if debug:
            raise
        report(error)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as stop:
        say("stopped")
        raise typer.Exit(INTERRUPTED) from stop
