"""Show the models that have a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from rich.text import Text

from skoots.cli.console import OUT, say
from skoots.errors import SkootsError
from skoots.model.checkpoint import load_checkpoint
from skoots.model.zoo import known_models, user_folder

if TYPE_CHECKING:
    from skoots.model.zoo import ModelFile


def list_models(*, as_json: bool) -> None:
    """Print a table of the models, or JSON.

    A file that cannot be loaded is listed with its error and hides no other.
    """
    rows = [_describe(model) for model in known_models()]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    if rows:
        OUT.print(_make_table(rows))
    say(f"Your own models: put .skoots or .trch files into {user_folder()}")


def _describe(model: ModelFile) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": model.name,
        "path": str(model.path),
        "shipped": model.shipped,
        "megabytes": round(model.path.stat().st_size / 1e6, 2),
    }
    try:
        checkpoint = load_checkpoint(model.path)
    except SkootsError as error:
        return row | {"error": str(error)}
    return row | {
        "voxel_size": checkpoint.voxel_size,
        "object_diameter": checkpoint.object_diameter,
        "architecture": checkpoint.config.MODEL.ARCHITECTURE,
        "scores": dict(checkpoint.scores),
    }


def _make_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("name", "voxel Z, Y, X", "object", "scores", "size", "from")
    for row in rows:
        table.add_row(
            Text(row["name"]),
            *_describe_training(row),
            f"{row['megabytes']:.1f} MB",
            "the package" if row["shipped"] else "your folder",
        )
    return table


def _describe_training(row: dict[str, Any]) -> tuple[str, str, str]:
    if "error" in row:
        return "cannot be loaded", "", ""
    size, diameter = row["voxel_size"], row["object_diameter"]
    return (
        " x ".join(f"{edge:g}" for edge in size) + " um" if size else "unknown",
        f"{diameter:.0f} voxels" if diameter else "",
        "\n".join(f"{name} {value:.2f}" for name, value in row["scores"].items()),
    )
