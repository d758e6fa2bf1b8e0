"""``skoots score``: how good a segmentation is."""

# typer reads the annotations when the program runs: no `from __future__` here.

from pathlib import Path
from typing import Annotated

import typer

from skoots.cli.console import OUT, guard, say
from skoots.cli.options import Debug
from skoots.volume.naming import RUN_SUFFIX

_ROWS = (
    ("objects, predicted", "objects_predicted"),
    ("objects, truth", "objects_truth"),
    ("precision at IoU 0.5", "precision_50"),
    ("recall at IoU 0.5", "recall_50"),
    ("F1 at IoU 0.5", "f1_50"),
    ("precision at IoU 0.75", "precision_75"),
    ("recall at IoU 0.75", "recall_75"),
    ("F1 at IoU 0.75", "f1_75"),
    ("F1, mean over IoU 0.5 to 0.95", "f1_mean"),
    ("panoptic quality at IoU 0.5", "panoptic_quality"),
    ("  segmentation quality", "segmentation_quality"),
    ("  recognition quality", "recognition_quality"),
    ("average best overlap", "average_best_overlap"),
    ("semantic IoU", "semantic_iou"),
    ("splits", "splits"),
    ("merges", "merges"),
)


def score(
    *,
    predicted: Annotated[
        Path,
        typer.Argument(
            help="Labels to judge: TIFF, zarr or a run folder.", show_default=False
        ),
    ],
    truth: Annotated[
        Path, typer.Argument(help="Labels to compare with.", show_default=False)
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
    debug: Debug = False,
) -> None:
    """Compare a segmentation with the truth.

    Objects are matched one to one at an intersection over union (IoU) of 0.5
    to 0.95. A split is a true object of which two or more predicted ones hold
    a quarter each, a merge a predicted object of which two or more true ones
    do.

    [bold]Examples[/bold]

      skoots score cochlea.skoots.zarr cochlea.labels.tif

      skoots score predicted.tif truth.tif --json
    """
    with guard(debug=debug):
        import json as json_text  # noqa: PLC0415 - the option has this name
        from dataclasses import asdict  # noqa: PLC0415 - beside its only use

        from rich.table import Table  # noqa: PLC0415 - keeps --help fast

        from skoots.validate.scores import score as compare  # noqa: PLC0415 - scipy

        for path in (predicted, truth):
            _check_finished(path)
        scores = asdict(compare(predicted, truth))
        if json:
            typer.echo(json_text.dumps(scores))
            return
        table = Table("score", "value")
        table.columns[1].justify = "right"
        for label, name in _ROWS:
            value = scores[name]
            table.add_row(
                label, f"{value:.3f}" if isinstance(value, float) else str(value)
            )
        OUT.print(table)


def _check_finished(path: Path) -> None:
    """Refuse labels that are not final, and say it where they are of a part."""
    if not (path.name.endswith(RUN_SUFFIX) and path.is_dir()):
        return
    from skoots.errors import RunError  # noqa: PLC0415 - beside its only use
    from skoots.run.folder import RunFolder  # noqa: PLC0415 - imports zarr

    summary = RunFolder.open(path).summary
    if summary is None:
        raise RunError(
            f"The run {path} is not finished: its labels are not final. Finish it with "
            "'skoots segment ... --resume', then score it."
        )
    labelled, total = summary["blocks"]["labelled"], summary["blocks"]["total"]
    if labelled < total:
        say(
            f"note: of {path} only a region was segmented, {labelled} of {total} "
            "blocks. What lies elsewhere counts as not found.",
            style="yellow",
        )
