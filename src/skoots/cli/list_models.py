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
    for row in rows:
        _print_more(row)
    say("F1 at 0.5 on one volume that training never saw; cards have changed copies.")
    say(f"Your own models: put .skoots or .trch files into {user_folder()}")


def _print_more(row: dict[str, Any]) -> None:
    """Print why a model cannot be loaded, and where its scores are explained."""
    if "error" in row:
        reason = row["error"].partition("\n")[0]
        OUT.print(Text(f"{row['name']} cannot be loaded: {reason}"), soft_wrap=True)
    if row["card"]:
        where = f"{row['name']}: scores are explained in {row['card']}"
        OUT.print(Text(where), soft_wrap=True)


def _describe(model: ModelFile) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": model.name,
        "path": str(model.path),
        "card": None if model.card is None else str(model.card),
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
    table = Table("name", "voxel", "object", "F1", "size", "from")
    for row in rows:
        table.add_row(
            Text(row["name"]),
            *_describe_training(row),
            f"{row['megabytes']:.1f} MB",
            "the package" if row["shipped"] else "your folder",
        )
    for column in table.columns[1:]:
        column.no_wrap = True
    return table


def _describe_training(row: dict[str, Any]) -> tuple[str, str, str]:
    """Give voxel, object and headline score; the card and ``--json`` say more."""
    if "error" in row:
        return "cannot be loaded", "", ""
    size, diameter, f1 = row["voxel_size"], row["object_diameter"], row["scores"]
    return (
        _in_short(size) if size else "unknown",
        f"{diameter:.0f} voxels" if diameter else "",
        f"{f1['f1_50']:.2f}" if "f1_50" in f1 else "",
    )


def _in_short(size: tuple[float, float, float]) -> str:
    """Give one edge of a cube, or all three along Z, Y, X."""
    edges = [f"{edge:g}" for edge in size]
    return f"{edges[0] if len(set(edges)) == 1 else ' x '.join(edges)} um"
