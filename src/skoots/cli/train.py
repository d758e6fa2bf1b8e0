"""``skoots train`` and ``skoots-train``: from annotated volumes to a model."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import INTERRUPTED, OUT, guard
from skoots.cli.options import Debug

_DATA = "Instead of training"


def train(  # noqa: PLR0913 - each parameter is an option
    *,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config-file",
            "-c",
            metavar="FILE",
            help="Settings, as YAML; those of the published SKOOTS work as they are.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder of the training. By default TRAIN.SAVE_PATH/NAME, where NAME "
            "is that of the settings file.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a training that was stopped."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Throw a training away and begin again.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")
    ] = "auto",
    threads: Annotated[
        int,
        typer.Option(min=0, help="Processor threads; 0: what the settings say."),
    ] = 0,
    init: Annotated[
        Path | None,
        typer.Option(
            "--init",
            metavar="FOLDER",
            help="Write settings for the annotated volumes of this folder, with values "
            "measured on them.",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    preview: Annotated[
        int | None,
        typer.Option(
            "--preview",
            metavar="N",
            min=1,
            help="Draw N crops as the network would see them, with their targets.",
            rich_help_panel=_DATA,
            show_default=False,
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Train a model on annotated volumes.

    A folder of NAME.tif and NAME.labels.tif is all that is needed:

      skoots train --init cells               # writes settings: look at them

      skoots train --config-file FILE         # trains, and says where the model is

      skoots train --config-file FILE --resume

    'cells' holds the volumes, or two folders of them, 'train' and 'val'.
    """
    with guard(debug=debug):
        from skoots.cli import training  # noqa: PLC0415 - keeps `skoots --help` fast

        if init is not None:
            training.write_settings(init, out, overwrite=overwrite)
            return
        if preview is not None:
            training.draw_preview(config_file, out, preview)
            return
        place = training.open_project(
            config_file, out, resume=resume, overwrite=overwrite
        )
        if not training.run(place, device, threads):
            raise typer.Exit(INTERRUPTED)


def train_as_published(
    *,
    config_file: Annotated[
        Path, typer.Option("--config-file", help="YAML config file for training.")
    ],
    batch: Annotated[
        bool,
        typer.Option("--batch", "-b", help="FILE is a folder of *.yaml."),
    ] = False,
    log: Annotated[int, typer.Option(min=0, max=4, help="Published, not used.")] = 3,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what was stopped.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Train with a settings file, as the published ``skoots-train`` does."""
    del log  # progress goes to stderr, results to stdout
    with guard(debug=debug):
        from skoots.cli import training  # noqa: PLC0415 - keeps `--help` fast

        for file in training.list_settings(config_file) if batch else [config_file]:
            place = training.open_project(file, None, resume=resume, overwrite=False)
            OUT.print(str(place), markup=False, soft_wrap=True)
            if not training.run(place, "auto", 0):
                raise typer.Exit(INTERRUPTED)


def main_as_published() -> None:
    """Run ``skoots-train``."""
    typer.run(train_as_published)
