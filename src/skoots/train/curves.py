"""The course of a training: a CSV with a row an epoch, a picture, TensorBoard."""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from skoots.run.storage import storage_errors, write_atomically
from skoots.train.remedies import LEARNING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

    from skoots.events import EpochDone

BOARD = "tensorboard"
"""Folder of TensorBoard's files, where it is installed."""

LOSSES = ("loss", "embedding", "probability", "skeleton")
SCORES = ("f1_50", "f1_75", "f1_mean", "panoptic_quality", "semantic_iou")

COLUMNS = (
    "epoch",
    "step",
    "seconds",
    "learning_rate",
    "sigma_x",
    "sigma_y",
    "sigma_z",
    *LOSSES,
    *(f"validation_{name}" for name in LOSSES),
    *SCORES,
    "skipped",
)
"""Empty where there was no validation in that epoch."""

_LABELS = {
    "loss": "sum",
    "f1_50": "F1 at IoU 0.5",
    "f1_75": "F1 at IoU 0.75",
    "panoptic_quality": "panoptic quality",
}

Row = dict[str, str]


class Curves:
    """The rows of a training, on disk as they come.

    Parameters
    ----------
    path : path
        The CSV.
    epochs : int
        How many of them are done; later rows are of a training that was killed, and
        are taken back.
    """

    def __init__(self, path: Path, epochs: int) -> None:
        self._path = path
        self._rows = [row for row in read_curves(path) if int(row["epoch"]) <= epochs]
        with storage_errors(path, LEARNING):
            write_atomically(path, self._text(self._rows, heading=True).encode())
        steps = int(self._rows[-1]["step"]) if self._rows else 0
        self._board = _open_board(path.parent / BOARD, steps + 1)

    def add(self, done: EpochDone, skipped: int) -> None:
        """Write the row of an epoch."""
        row = _row(done, skipped)
        self._rows.append(row)
        with (
            storage_errors(self._path, LEARNING),
            self._path.open("a", newline="") as file,
        ):
            file.write(self._text([row], heading=False))
        if self._board is not None:
            for name in COLUMNS[3:]:
                if row[name]:
                    self._board.add_scalar(name, float(row[name]), done.step)

    def draw(self) -> None:
        """Draw the picture beside the CSV."""
        if self._rows:
            with storage_errors(self._path, LEARNING):
                write_atomically(
                    self._path.with_suffix(".png"), draw_curves(self._rows)
                )

    def close(self) -> None:
        """Draw the picture and let go of TensorBoard's file."""
        self.draw()
        if self._board is not None:
            self._board.close()

    @staticmethod
    def _text(rows: list[Row], *, heading: bool) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        if heading:
            writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def read_curves(path: Path) -> list[Row]:
    """Read the rows of a training; a last one that was cut off is left out.

    Returns
    -------
    list of dict from str to str
        By `COLUMNS`; none where there is no file.
    """
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if None not in row.values() and row.get("epoch")]


def draw_curves(rows: list[Row]) -> bytes:
    """Draw losses, scores and the learning rate over the epochs, as a PNG.

    Parameters
    ----------
    rows : list of dict from str to str
        At least one, by `COLUMNS`.
    """
    # Slow to import, and needed at a checkpoint only. No pyplot: it keeps a state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    scored = any(row["f1_50"] for row in rows)
    figure = Figure(figsize=(7, 8 if scored else 5.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    heights = (3, 2, 1) if scored else (3, 1)
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    _draw_losses(axes[0], rows)
    if scored:
        _draw_scores(axes[1], rows)
    _draw_course(axes[-1], rows)
    axes[-1].set_xlabel("epoch")
    for axis in axes:
        axis.grid(color="0.9")
        axis.spines[["top", "right"]].set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def _draw_losses(axes: Axes, rows: list[Row]) -> None:
    for number, name in enumerate(LOSSES):
        style = {"color": f"C{number}", "linewidth": 2.0 if name == "loss" else 1.2}
        _line(axes, rows, name, label=_LABELS.get(name, name), **style)
        _line(axes, rows, f"validation_{name}", linestyle="dashed", **style)
    axes.set_ylim(bottom=0)
    any_validation = any(row["validation_loss"] for row in rows)
    axes.set_ylabel("loss (dashed: validation)" if any_validation else "loss")
    _legend(axes)


def _draw_course(axes: Axes, rows: list[Row]) -> None:
    _line(axes, rows, "learning_rate", color="0.3")
    axes.set_ylabel("learning rate")
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
    other = axes.twinx()
    _line(other, rows, "sigma_x", color="C4", linestyle="dotted")
    other.set_ylabel("sigma along X", color="C4")
    other.set_ylim(bottom=0)
    other.spines["top"].set_visible(False)


def _draw_scores(axes: Axes, rows: list[Row]) -> None:
    for name in ("f1_50", "f1_75", "panoptic_quality"):
        _line(axes, rows, name, label=_LABELS[name], marker=".")
    axes.set_ylabel("score of validation")
    axes.set_ylim(0, 1)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Put the legend where no curve is: above."""
    axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))


def _line(axes: Axes, rows: list[Row], column: str, **style: Any) -> None:
    there = [row for row in rows if row[column]]
    if there:
        xs = [int(row["epoch"]) for row in there]
        if len(xs) == 1:
            style.setdefault("marker", "o")  # a line of one point shows nothing
        axes.plot(xs, [float(row[column]) for row in there], **style)


def _row(done: EpochDone, skipped: int) -> Row:
    values: Mapping[str, object] = {
        "epoch": done.epoch + 1,
        "step": done.step,
        "seconds": round(done.seconds, 1),
        "learning_rate": done.learning_rate,
        "skipped": skipped,
        **dict(zip(("sigma_x", "sigma_y", "sigma_z"), done.sigma, strict=True)),
        **{name: done.losses[name] for name in LOSSES},
        **{
            f"validation_{name}": value
            for name, value in done.validation.items()
            if name in LOSSES
        },
        **{k: v for k, v in done.validation.items() if k in SCORES},
    }
    return {name: _cell(values.get(name, "")) for name in COLUMNS}


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _open_board(folder: Path, step: int) -> Any:
    """Open TensorBoard's file; points from this step on are of a killed training."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - may be missing

    return SummaryWriter(str(folder), purge_step=step)
