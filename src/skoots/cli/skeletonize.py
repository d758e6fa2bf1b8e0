"""``skoots skeletonize``: the skeletons that training needs, from labels."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import guard
from skoots.cli.options import Debug, parse_voxel_size


def skeletonize(
    *,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE_OR_FOLDER",
            help="Labels, TIFF or zarr; a folder stands for its *.labels.tif and "
            "*.labels.zarr.",
            show_default=False,
        ),
    ],
    voxel_size: Annotated[
        str | None,
        typer.Option(
            metavar="Z,Y,X",
            help="Edges of a voxel in micrometres, in place of what the file says. "
            "Only the ratios matter.",
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Give every object of labels its skeleton.

    NAME.labels.tif gets NAME.skeletons.trch beside it, which training reads;
    one that is there is replaced. Training makes missing ones itself: use this
    to have them before, or for another voxel size.

    [bold]Examples[/bold]

      skoots skeletonize data/train

      skoots skeletonize cells.labels.tif --voxel-size 0.05,0.01,0.01
    """
    size = parse_voxel_size(voxel_size, "--voxel-size")
    with guard(debug=debug):
        from skoots.cli.published import (  # noqa: PLC0415 - keeps --help fast
            skeletonize_all,
        )

        skeletonize_all(path, size)
