"""``skoots models``: which models there are."""

# typer reads the annotations when the program runs: no `from __future__` here.

from typing import Annotated

import typer

from skoots.cli.console import guard
from skoots.cli.options import Debug


def models(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
    debug: Debug = False,
) -> None:
    """List the models that 'skoots segment --model NAME' knows.

    Those that came with the package, and those in your own folder of models
    (SKOOTS_MODELS names another one).

    [bold]Example[/bold]

      skoots models
    """
    with guard(debug=debug):
        from skoots.cli.list_models import list_models  # noqa: PLC0415 - imports torch

        list_models(as_json=json)
