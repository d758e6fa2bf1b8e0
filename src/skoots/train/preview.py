"""Draw training samples as pictures: what a network sees, and what it should answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from skoots.run.storage import storage_errors
from skoots.train.epochs import Epochs, Stream, random_numbers
from skoots.train.remedies import FILES
from skoots.train.sources import load_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from skoots.config import Settings

    Plane: TypeAlias = NDArray[Any]
    Sample = dict[str, Any]

_LOG = logging.getLogger(__name__)

PANELS = (
    "Image and objects",
    "Skeleton mask",
    "Vectors to the skeleton (hue: direction)",
)

_ARROWS = 26
"""Arrows along the longer side of a plane."""

_GOLDEN = 0.618034
"""Ids that follow each other get hues as far apart as this share of the circle."""


def write_preview(settings: Settings, folder: str | Path, count: int) -> Iterator[Path]:
    """Draw the first crops that a training with these settings would learn from.

    Parameters
    ----------
    settings : Settings
        Name the data, and how it is varied. What is odd of the data is logged.
    folder : str or Path
        Where the pictures go.
    count : int
        How many.

    Yields
    ------
    Path
        Of each picture, as soon as it is there.

    Raises
    ------
    TrainingError
        If the data cannot be used.
    """
    sources = load_sources(settings, torch.device("cpu"))
    for note in sources.notes:
        _LOG.warning("%s", note)
    data = sources.training
    seed = settings.TRAINER.SEED
    order = Epochs(samples=len(data), batch=1, seed=seed)
    draws = [order.draws(step)[0] for step in range(count)]
    samples = (
        data.sample(d.index, random_numbers(seed, Stream.SAMPLE, d.epoch, d.place))
        for d in draws
    )
    yield from write_previews(samples, folder)


def write_previews(samples: Iterable[Sample], folder: str | Path) -> Iterator[Path]:
    """Write a picture of each sample; a picture is made when it is asked for.

    Parameters
    ----------
    samples : iterable of dict
        What `skoots.train.merged_transform.TransformFromCfg` gives.
    folder : str or Path
        Where ``preview_000.png`` and so on are written; made if it is not there.

    Yields
    ------
    Path
        Of each picture.
    """
    there = Path(folder)
    with storage_errors(there, FILES):
        there.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        path = there / f"preview_{number:03d}.png"
        figure = draw_sample(sample)
        FigureCanvasAgg(figure)
        with storage_errors(path, FILES):
            figure.savefig(path)
        yield path


def draw_sample(sample: Sample) -> Figure:
    """Draw the plane of a sample that shows most of objects, and its targets there.

    Parameters
    ----------
    sample : dict
        A sample as `skoots.train.merged_transform.TransformFromCfg` gives it.

    Returns
    -------
    Figure
        Rows go along X, columns along Y. What is not known is hatched.
    """
    x, y, depth = sample["masks"].shape[1:]
    z = _richest_plane(sample)
    unknown = ~_known(sample)
    objects = len(sample["skeletons"])
    sample = _cut(sample, z)
    figure = Figure(figsize=(13.5, 4.5 * x / y + 0.7), layout="constrained", dpi=100)
    axes = figure.subplots(1, len(PANELS))
    for panel, name in zip(axes, PANELS, strict=True):
        panel.set_title(name, fontsize=11)
    draw_image(axes[0], sample)
    draw_outlines(axes[0], sample)
    draw_image(axes[1], sample)
    draw_skeletons(axes[1], sample)
    draw_vectors(axes[2], sample)
    for panel in axes:
        draw_unknown(panel, sample)
    figure.suptitle(
        f"{x} x {y} x {depth} voxels, plane {z}, {objects} objects, "
        f"{unknown.mean():.0%} unknown (hatched); white: mask, dots: skeleton points "
        "near this plane",
        fontsize=10,
    )
    return figure


def draw_image(panel: Axes, sample: Sample) -> None:
    """Draw the first channel of the middle plane in grey."""
    plane = _plane(sample["image"][0])
    low, high = np.percentile(plane, (0.5, 99.5))
    panel.imshow(plane, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    _bare(panel)


def draw_outlines(panel: Axes, sample: Sample) -> None:
    """Draw the rim of each object, in a colour of its own."""
    labels = _plane(sample["masks"][0])
    inner = np.ones(labels.shape, bool)
    for axis in (0, 1):
        same = np.diff(labels, axis=axis) == 0
        before = [(0, 0), (0, 0)]
        after = [(0, 0), (0, 0)]
        before[axis], after[axis] = (1, 0), (0, 1)
        inner &= np.pad(same, before, constant_values=True)
        inner &= np.pad(same, after, constant_values=True)
    _paint(panel, label_colours(labels), (labels > 0) & ~inner, 1.0)


def draw_skeletons(panel: Axes, sample: Sample) -> None:
    """Draw objects, the skeleton mask and the skeleton points of the middle plane."""
    labels, mask = _plane(sample["masks"][0]), _plane(sample["skele_masks"][0])
    _paint(panel, label_colours(labels), labels > 0, 0.35)
    white = np.broadcast_to((1.0, 1.0, 1.0), (*mask.shape, 3))
    _paint(panel, white, mask > 0, 0.75)
    middle = sample["masks"].shape[3] // 2
    clouds = [p.cpu().numpy() for p in sample["skeletons"].values()]
    points = np.concatenate([np.empty((0, 3)), *clouds])
    size = np.array(mask.shape)
    here = np.abs(points[:, 2] - middle) <= 1
    here &= ((points[:, :2] > -0.5) & (points[:, :2] < size - 0.5)).all(axis=1)
    panel.plot(points[here, 1], points[here, 0], ".", color="#c0102a", markersize=2.5)


def draw_vectors(panel: Axes, sample: Sample) -> None:
    """Draw the way of each voxel to its skeleton: its direction as a hue, and arrows.

    The brighter, the longer; arrows end where the vector points.
    """
    labels = _plane(sample["masks"][0])
    baked = np.stack([_plane(part) for part in sample["baked_skeleton"][:2]])
    way = (baked - np.indices(labels.shape)) * (labels > 0)  # (2, X, Y)
    length = np.hypot(*way)
    longest = (
        max(float(np.percentile(length[labels > 0], 99)), 1.0) if labels.any() else 1
    )
    share = np.clip(length / longest, 0, 1)
    hue = (np.arctan2(way[0], way[1]) / (2 * np.pi)) % 1
    colour = hsv_to_rgb(
        np.stack([hue, 0.75 * np.ones_like(hue), 0.35 + 0.65 * share], -1)
    )
    colour[labels <= 0] = 0.93
    panel.imshow(colour, interpolation="nearest")
    step = max(1, max(labels.shape) // _ARROWS)
    rows, columns = np.mgrid[
        step // 2 : labels.shape[0] : step, step // 2 : labels.shape[1] : step
    ]
    there = (labels[rows, columns] > 0) & (length[rows, columns] > 1)
    rows, columns = rows[there], columns[there]
    panel.quiver(
        columns,
        rows,
        way[1, rows, columns],
        way[0, rows, columns],
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.003,
        headwidth=4,
        color="black",
    )
    _bare(panel)
    panel.set_xlim(-0.5, labels.shape[1] - 0.5)
    panel.set_ylim(labels.shape[0] - 0.5, -0.5)


def draw_unknown(panel: Axes, sample: Sample) -> None:
    """Hatch what is neither object nor background."""
    unknown = _plane(~_known(sample))
    if unknown.any():
        grown = np.pad(unknown.astype(float), 1, mode="edge")
        rows, columns = (np.arange(-1, n + 1) for n in unknown.shape)
        filled = panel.contourf(
            columns, rows, grown, levels=[0.5, 1.5], colors="none", hatches=["////"]
        )
        filled.set_edgecolor("#e07a00")
        filled.set_linewidth(0)
        panel.set_xlim(-0.5, unknown.shape[1] - 0.5)
        panel.set_ylim(unknown.shape[0] - 0.5, -0.5)


def label_colours(labels: Plane) -> NDArray[np.float64]:
    """Give each object a hue. (X, Y, 3), from 0 to 1."""
    hue = (labels.astype(np.float64) * _GOLDEN) % 1
    return np.asarray(hsv_to_rgb(np.stack([hue, 0 * hue + 0.85, 0 * hue + 1.0], -1)))


def _known(sample: Sample) -> Plane:
    known: Plane = ((sample["masks"] > 0) | sample["background"])[0].cpu().numpy()
    return known


def _richest_plane(sample: Sample) -> int:
    """Give the plane along Z with most voxels of objects; the middle one of many."""
    voxels = (sample["masks"][0] > 0).sum(dim=(0, 1)).cpu().numpy()
    richest = np.flatnonzero(voxels == voxels.max())
    return int(richest[len(richest) // 2])


def _cut(sample: Sample, z: int) -> Sample:
    """Give one plane of a sample, (..., X, Y, 1); points count from there."""
    cut = {
        key: value[..., z : z + 1] if hasattr(value, "shape") else value
        for key, value in sample.items()
    }
    shift = torch.tensor([0.0, 0.0, z])
    points = {i: p.cpu() - shift for i, p in sample["skeletons"].items()}
    return {**cut, "skeletons": points}


def _plane(volume: Any) -> Plane:
    """Give the middle plane along Z of (X, Y, Z)."""
    middle = volume.shape[2] // 2
    plane = volume[:, :, middle]
    return plane if isinstance(plane, np.ndarray) else np.asarray(plane.cpu())


def _paint(panel: Axes, colour: Plane, where: Plane, strength: float) -> None:
    layer = np.concatenate([colour, strength * where[..., None]], axis=-1)
    panel.imshow(layer, interpolation="nearest")


def _bare(panel: Axes) -> None:
    panel.set_xticks([])
    panel.set_yticks([])
