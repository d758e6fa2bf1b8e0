"""``skoots models export``: a model for other people and other programs."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import OUT, guard, say
from skoots.cli.options import Debug


def export(  # noqa: PLR0913 - each parameter is an option
    *,
    model: Annotated[
        str,
        typer.Argument(
            metavar="NAME_OR_FILE",
            help="A model's name (see 'skoots models') or its file.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.zip", help="The package to write.", show_default=False
        ),
    ],
    authors: Annotated[
        list[str],
        typer.Option(
            "--author",
            "--authors",
            metavar="TEXT",
            help="Who made it: 'NAME' or 'NAME; AFFILIATION; ORCID'. May be repeated.",
            show_default=False,
        ),
    ],
    licence: Annotated[
        str,
        typer.Option(
            "--license",
            metavar="SPDX",
            help="On which terms it is given away, such as CC-BY-4.0 or MIT.",
            show_default=False,
        ),
    ],
    description: Annotated[
        str | None,
        typer.Option("--description", help="A sentence or two about it."),
    ] = None,
    cite: Annotated[
        list[str] | None,
        typer.Option(
            "--cite",
            metavar="TEXT",
            help="What to cite beside SKOOTS, ending in a DOI or an address. May be "
            "repeated.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write a model as a package of the BioImage Model Zoo.

    The package holds the network as TorchScript, a test image with its answer, the
    model's card and the model's own file. Other programs get vectors and
    probabilities from it; making objects of them needs SKOOTS.

    [bold]Example[/bold]

      skoots models export cells cells.zip --author "Ann Example" --license CC-BY-4.0
    """
    with guard(debug=debug):
        from skoots.model.export import (  # noqa: PLC0415 - imports torch
            can_check,
            export_bioimageio,
        )

        file = export_bioimageio(
            model,
            out,
            authors=authors,
            license=licence,
            description=description,
            cite=cite or [],
            overwrite=overwrite,
        )
        size = file.stat().st_size / 1e6
        OUT.print(f"wrote {file}, {size:.1f} MB", markup=False, soft_wrap=True)
        say(_PASSED if can_check() else _NOT_RUN)


_PASSED = (
    "bioimageio.core ran the package: it gives the answer that SKOOTS gives to the "
    "test image, and takes other sizes."
)
_NOT_RUN = (
    "bioimageio.spec accepts the package; nobody ran it. To have it run here, install "
    "the extra share-check of napari-skoots; in a clone of it: pip install "
    "'.[share-check]'"
)
