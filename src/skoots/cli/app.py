"""The commands of ``skoots`` and the flags that the published one had."""

# No `from __future__ import annotations` in this package's commands: typer reads the
# annotations when the program runs.

import os
from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import OUT, guard
from skoots.cli.convert import convert
from skoots.cli.doctor import doctor
from skoots.cli.models import app as models
from skoots.cli.options import Debug
from skoots.cli.score import score
from skoots.cli.segment import segment
from skoots.cli.skeletonize import skeletonize
from skoots.cli.train import train

app = typer.Typer(
    name="skoots",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (segment, train, skeletonize, convert, score, doctor):
    app.command()(_command)
app.add_typer(models, name="models")

_PUBLISHED = "Flags of the published SKOOTS"


def main() -> None:
    """Run the command line."""
    app()


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    if value:
        from skoots import __version__  # noqa: PLC0415 - reads the metadata on demand

        OUT.print(f"skoots {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def skoots(  # noqa: PLR0913 - each parameter is an option
    ctx: typer.Context,
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and leave.",
        ),
    ] = False,
    debug: Debug = False,
    image: Annotated[
        Path | None,
        typer.Option(
            help="Segment this file, or every *.tif of this folder, and write "
            "NAME_instance_mask.tif beside it.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    pretrained_checkpoint: Annotated[
        str | None,
        typer.Option(
            help="The model for --image: a checkpoint file or a shipped model's name.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    convert_path: Annotated[
        Path | None,
        typer.Option(
            "--convert",
            metavar="PATH",
            help="Write the labels of this run, or of every run in this folder, "
            "as TIFF.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    skeletonize_train_data: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Give the objects of these labels, or of all in this folder, their "
            "skeletons.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = None,
    mask_filter: Annotated[
        str,
        typer.Option(
            help="How the names of labels in a folder end, before .tif.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = ".labels",
    anisotropy_xy: Annotated[
        float,
        typer.Option(
            "--anisotropyXY",
            help="Size of a voxel within a plane, for --skeletonize-train-data.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = 1.0,
    anisotropy_z: Annotated[
        float,
        typer.Option(
            "--anisotropyZ",
            help="Size of a voxel across planes, for --skeletonize-train-data.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = 1.0,
    log: Annotated[
        int,
        typer.Option(
            min=0,
            max=4,
            help="How much to say: 0 a lot, 4 errors only.",
            rich_help_panel=_PUBLISHED,
        ),
    ] = 3,
    use_cached: Annotated[
        bool, typer.Option("--use-cached", hidden=True)  # without effect, as published
    ] = False,
) -> None:
    """Tell touching objects of 3D images apart: SKOOTS instance segmentation.

    [bold]Examples[/bold]

      skoots segment cochlea.tif --model mito-em

      skoots score cochlea.skoots.zarr truth.tif

      skoots convert cochlea.skoots.zarr

    'skoots COMMAND --help' tells more about each command.
    """
    if debug:
        os.environ["SKOOTS_DEBUG"] = "1"  # the commands read it as their own --debug
    asked = any(
        path is not None for path in (image, convert_path, skeletonize_train_data)
    )
    if ctx.invoked_subcommand is not None:
        if asked:
            raise typer.BadParameter(
                "--image, --convert and --skeletonize-train-data are commands of their "
                "own and stand alone.",
                param_hint=ctx.invoked_subcommand,
            )
        return
    if not asked:
        OUT.print(ctx.get_help())
        return

    from skoots.cli import published  # noqa: PLC0415 - keeps `skoots --help` fast

    with guard(debug=debug):
        if image is not None:
            published.segment_as_published(image, pretrained_checkpoint, log)
        if skeletonize_train_data is not None:
            published.skeletonize_as_published(
                skeletonize_train_data, mask_filter, anisotropy_xy, anisotropy_z
            )
        if convert_path is not None:
            published.convert_as_published(convert_path)
