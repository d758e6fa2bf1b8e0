"""``skoots doctor``: what is installed, and what to mend."""

# typer reads the annotations when the program runs: no `from __future__` here.

from typing import Annotated

import typer
from rich.text import Text

from skoots.cli.console import OUT, guard
from skoots.cli.options import Debug

_STYLES = {"good": "green", "note": "yellow", "bad": "red"}


def doctor(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
    debug: Debug = False,
) -> None:
    """Say what is installed, where a network can run and what to mend.

    Exits with 0 when all is well and with 1 when something has to be mended.

    [bold]Example[/bold]

      skoots doctor
    """
    with guard(debug=debug):
        import json as json_text  # noqa: PLC0415 - the option has this name
        from dataclasses import asdict  # noqa: PLC0415 - beside its only use

        from skoots.doctor import examine  # noqa: PLC0415 - keeps --help fast

        findings = []
        for finding in examine():
            findings.append(finding)
            if json:
                continue
            line = Text.assemble(
                (f"{finding.state:5}", _STYLES[finding.state]),
                f"{finding.topic}: {finding.text}",
            )
            OUT.print(line, soft_wrap=True)
            if finding.remedy:
                OUT.print(Text(f"     -> {finding.remedy}"), soft_wrap=True)
        if json:
            typer.echo(json_text.dumps([asdict(finding) for finding in findings]))
        if any(finding.state == "bad" for finding in findings):
            raise typer.Exit(1)
