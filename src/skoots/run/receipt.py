"""What was done in a run, for a methods section, and how to ask for it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skoots.config import InferenceConfig
from skoots.run.ask_again import Again, command_line, python_code
from skoots.run.folder import RunFolder
from skoots.run.layout import STATE
from skoots.run.spent import seconds_spent
from skoots.volume.voxel_size import format_voxel_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from skoots._types import Shape3
    from skoots.run.region import Region

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done in a run."""

    rows: tuple[Row, ...]
    """Label and value of each fact, in the order in which they are shown."""

    text: str
    """The same as plain text, a fact a line."""

    command_line: str
    """What to type in a shell for the same labels; for a run that is not finished,
    what goes on with it."""

    python: str
    """The same as Python."""


def receipt_of(run: str | PathLike[str]) -> Receipt:
    """Write the receipt of a run, which need not be finished.

    Parameters
    ----------
    run : path
        The run folder ``NAME.skoots.zarr``. It is read and not changed.

    Raises
    ------
    RunError
        If there is no run, or its plan cannot be read.
    """
    folder = RunFolder.open(run)
    settings = _settings(folder)
    changed = _changed(folder, settings)
    predicted = _predicted(folder)
    rows = tuple(_rows(folder, settings, changed, len(predicted)))
    wide = max(len(label) for label, _ in rows)
    again = Again(
        run=folder.path.absolute(),
        plan=folder.plan,
        settings={name: now for name, (now, _) in changed.items()},
        region=_region(folder, predicted),
        finished=folder.finished,
    )
    return Receipt(
        rows=rows,
        text="\n".join(f"{label:<{wide}}  {value}" for label, value in rows),
        command_line=command_line(again),
        python=python_code(again),
    )


def _settings(run: RunFolder) -> InferenceConfig:
    """Give what the labels were made with, or are going to be."""
    if run.summary is None:
        return run.plan.inference
    return InferenceConfig.model_validate(run.summary["inference"])


def _changed(run: RunFolder, settings: InferenceConfig) -> dict[str, tuple[Any, Any]]:
    """Give the settings that are not the model's, and the model's.

    A run of before the model's were kept has all of them, and nothing beside.
    """
    now = settings.model_dump(mode="json")
    if run.plan.request is None:
        return {name: (value, None) for name, value in now.items() if value is not None}
    own = run.plan.request.model_inference.model_dump(mode="json")
    return {n: (value, own[n]) for n, value in now.items() if value != own[n]}


def _predicted(run: RunFolder) -> list[Shape3]:
    """List the indices of the blocks that the network has answered."""
    found = []
    for file in (run.path / STATE / "predict").glob("*.npz"):
        z, y, x = map(int, file.stem.split("."))
        found.append((z, y, x))
    return found


def _region(run: RunFolder, predicted: list[Shape3]) -> Region | None:
    """Give the box of the image that was segmented; None is all of it."""
    if not run.finished:
        return run.plan.request.region if run.plan.request else None
    if len(predicted) == len(run.blocks):
        return None
    plan, bounds = run.plan, []
    for axis in range(3):
        n, m = plan.image.shape_zyx[axis], plan.shape_zyx[axis]
        core = plan.block_zyx[axis]
        low = min(index[axis] for index in predicted) * core
        high = min(m, (max(index[axis] for index in predicted) + 1) * core)
        # rounded inwards: a voxel more would touch the next block
        bounds.append((-(-low * n // m), max(-(-low * n // m) + 1, high * n // m)))
    return bounds[0], bounds[1], bounds[2]


def _rows(
    run: RunFolder,
    settings: InferenceConfig,
    changed: Mapping[str, tuple[Any, Any]],
    predicted: int,
) -> Iterator[Row]:
    plan, total = run.plan, len(run.blocks)
    yield "Image", plan.image.path or plan.image.name
    size = format_voxel_size(plan.label_voxel_size)
    yield "Volume", f"{_by(plan.image.shape_zyx)} (Z, Y, X), {plan.image.dtype}, {size}"
    if plan.request is not None:
        for label in ("channel", "time"):
            position = getattr(plan.request, label)
            if position is not None:
                yield label.capitalize(), f"{position}, counted from 0"
    yield "Model", plan.model.name
    yield "Model file", f"SHA-256 {plan.model.digest}"
    if plan.resampled:
        how = format_voxel_size(plan.voxel_size)
        yield "Resampled to", f"{_by(plan.shape_zyx)} (Z, Y, X), {how}"
    yield "Tile", f"{_by(plan.tile_zyx)} (Z, Y, X), with a halo of {_by(plan.halo_zyx)}"
    grey = plan.normalization
    yield "Intensities", f"minus {grey.mean:.6g}, divided by {grey.std:.6g}"
    yield from _settings_rows(settings, changed, known=plan.request is not None)
    part = "all" if predicted == total else f"{predicted} of {total}"
    yield "Blocks", f"{part} predicted"
    yield from _result_rows(run)


def _settings_rows(
    settings: InferenceConfig,
    changed: Mapping[str, tuple[Any, Any]],
    *,
    known: bool,
) -> Iterator[Row]:
    if known and not changed:
        yield "Settings", "the model's"
    for name, (now, own) in changed.items():
        title = type(settings).model_fields[name].title or name
        beside = f" (the model's: {own})" if known else ""
        yield title, f"{now}{beside}"


def _result_rows(run: RunFolder) -> Iterator[Row]:
    summary, spent = run.summary, seconds_spent(run.path)
    if summary is None:
        yield "State", "not finished: the labels are not final"
        yield "Calculated in", run.plan.number_format
    else:
        yield "Objects", str(summary["objects"])
        counts = summary.get("number_formats") or {run.plan.number_format: 1}
        several = len(counts) > 1
        formats = (f"{f} ({n} blocks)" if several else f for f, n in counts.items())
        yield "Calculated in", ", ".join(formats)
        yield "Device", str(summary["device"])
    if not spent and summary is not None:
        spent = {"segment": float(summary["seconds"])}
    if "segment" in spent:
        yield "Time", f"{spent['segment']:.1f} s"
    if "relabel" in spent:
        yield "Time for new labels", f"{spent['relabel']:.1f} s"
    if summary is not None:
        found = summary["versions"].items()
        yield "Versions", ", ".join(f"{name} {number}" for name, number in found)
    yield "Run", str(run.path.absolute())


def _by(shape: Shape3) -> str:
    return " x ".join(map(str, shape))
