"""``skoots convert``: from a run to a TIFF."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import OUT, guard
from skoots.cli.options import Debug


def convert(
    *,
    run: Annotated[
        Path, typer.Argument(help="A run folder NAME.skoots.zarr.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE.tif",
            help="Where to write. By default NAME_instances.tif beside the run.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write the labels of a run as a compressed TIFF.

    The file holds 32-bit ids and the voxel size, and is written plane by
    plane, so a volume of any size can be converted.

    [bold]Examples[/bold]

      skoots convert cochlea.skoots.zarr

      skoots convert cochlea.skoots.zarr --out results/cochlea.tif --overwrite
    """
    with guard(debug=debug):
        from skoots.cli.progress import drain  # noqa: PLC0415 - keeps --help fast
        from skoots.inference.convert import export_tiff  # noqa: PLC0415 - zarr

        file = drain(export_tiff(run, out, overwrite=overwrite), run.name)
        OUT.print(f"wrote {file}", markup=False, soft_wrap=True)
