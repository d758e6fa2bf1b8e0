"""``skoots models``: which models there are, and ``skoots models export``."""

# typer reads the annotations when the program runs: no `from __future__` here.

import os
from typing import Annotated

import typer

from skoots.cli.console import guard
from skoots.cli.export_model import export
from skoots.cli.options import Debug

app = typer.Typer(rich_markup_mode="rich")
app.command()(export)


@app.callback(invoke_without_command=True)
def models(
    ctx: typer.Context,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
    debug: Debug = False,
) -> None:
    """List the models that 'skoots segment --model NAME' knows, or share one.

    Those that came with the package, and those in your own folder of models
    (SKOOTS_MODELS names another one).

    [bold]Examples[/bold]

      skoots models

      skoots models export NAME NAME.zip --author "Ann Example" --license CC-BY-4.0
    """
    if ctx.invoked_subcommand is not None:
        if json:
            raise typer.BadParameter(
                "It belongs to the list of models and stands alone.",
                param_hint="--json",
            )
        if debug:
            os.environ["SKOOTS_DEBUG"] = "1"  # the command reads it as its own --debug
        return
    with guard(debug=debug):
        from skoots.cli.list_models import list_models  # noqa: PLC0415 - imports torch

        list_models(as_json=json)
