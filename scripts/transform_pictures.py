"""Draw the pictures of docs/transforms.md.

python scripts/transform_pictures.py FOLDER/wsu_train.tif [docs/images]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skoots.config import get_cfg_defaults
from skoots.kernels.sample_crop import CropMap, sample_labels, sample_linear
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.train.preview import (
    draw_image,
    draw_outlines,
    draw_skeletons,
    draw_unknown,
    draw_vectors,
)
from skoots.train.transforms.colour import recolour
from skoots.train.transforms.draw import place
from skoots.train.transforms.intensity import Intensity
from skoots.train.transforms.points import carry_points, objects_in
from skoots.train.transforms.random_map import draw_map
from skoots.train.transforms.targets import make_targets
from skoots.volume.axes import zyx_to_xyz

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from torch import Tensor

    from skoots.config.settings import Settings

CROP = (256, 256, 8)
CENTRE = np.array([970.0, 440.0, 5.0])
"""Where the pictures look, along X, Y, Z, in voxels."""

SEED = 11
OFF = {
    "FLIP_RATE": 0.0,
    "BRIGHTNESS_RATE": 0.0,
    "NOISE_RATE": 0.0,
    "CONTRAST_RATE": 0.0,
    "AFFINE_RATE": 0.0,
    "ELASTIC_RATE": 0.0,
}

PLACES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "flips": {"FLIP_RATE": 1.0},
    "turn": {"AFFINE_RATE": 1.0, "AFFINE_SCALE": (1, 1), "AFFINE_SHEAR": (0, 0)},
    "shear": {"AFFINE_RATE": 1.0, "AFFINE_SCALE": (1, 1), "AFFINE_YAW": (0, 0)},
    "scale": {"AFFINE_RATE": 1.0, "AFFINE_YAW": (0, 0), "AFFINE_SHEAR": (0, 0)},
    "bend (doubled)": {
        "ELASTIC_RATE": 1.0,
        "ELASTIC_GRID_MAGNITUDE": (0.1, 0.1, 0.02),
    },
}
LOOKS: dict[str, dict[str, Any]] = {
    "inversion": {"extra": {"INVERT_RATE": 1.0}},
    "contrast": {"CONTRAST_RATE": 1.0, "CONTRAST_RANGE": (0.5, 0.5)},
    "noise": {"NOISE_RATE": 1.0, "NOISE_GAMMA": 0.2},
    "gamma": {"extra": {"GAMMA_RATE": 1.0, "GAMMA_RANGE": (2.2, 2.2)}},
    "shade": {"extra": {"SHADE_RATE": 1.0, "SHADE": 1.5}},
    "blur": {"extra": {"BLUR_RATE": 1.0, "BLUR_RANGE": (2.0, 2.0)}},
}


@dataclass(frozen=True, slots=True)
class Volume:
    """An annotated volume."""

    image: Tensor
    """(1, X, Y, Z), uint8."""

    labels: Tensor
    """(1, X, Y, Z), int32."""

    skeletons: dict[int, Tensor]
    values: Intensity


def main(image: Path, out: Path) -> None:
    """Write the three pictures."""
    volume = _load(image)
    out.mkdir(parents=True, exist_ok=True)
    _save(_flow(volume), out / "transforms_flow.jpg")
    _save(
        _row(PLACES, lambda axes, step: _show_place(axes, step, volume)),
        out / "transforms_place.jpg",
    )
    _save(
        _row(LOOKS, lambda axes, step: _show_look(axes, step, volume)),
        out / "transforms_look.jpg",
    )


def _load(path: Path) -> Volume:
    image = np.ascontiguousarray(zyx_to_xyz(tifffile.imread(path)))
    found = tifffile.imread(path.with_suffix(".labels.tif")).astype(np.int32)
    labels = np.ascontiguousarray(zyx_to_xyz(found))
    skeletons = skeletonize_labels(labels)
    return Volume(
        torch.from_numpy(image)[None],
        torch.from_numpy(labels)[None],
        {i: torch.from_numpy(points) for i, points in skeletons.items()},
        Intensity.of(image),
    )


def _settings(extra: dict[str, Any] | None = None, **usual: Any) -> Settings:
    return get_cfg_defaults().merge(
        {
            "AUGMENTATION": {**OFF, **usual},
            "AUGMENTATION_EXTRA": {"INVERT_RATE": 0.0, **(extra or {})},
            "TRAIN": {"SKELETON_MASK_RADIUS": 7, "SKELETON_MASK_FLANK_RADIUS": 3},
        }
    )


def _map(settings: Settings, volume: Volume) -> CropMap:
    _, x, y, z = volume.image.shape
    crop = draw_map(np.random.default_rng(SEED), settings, CROP)
    return place(crop, CENTRE, (x, y, z), 100)


def _sample(settings: Settings, volume: Volume) -> dict[str, Any]:
    """Do what TransformFromCfg does, at a place of our choice."""
    crop = _map(settings, volume)
    seen = sample_labels(volume.labels, crop)
    labels = seen.clamp(min=0)
    here = labels.numpy()
    carried = carry_points(volume.skeletons, objects_in(here), crop, here)
    skeletons = {i: torch.from_numpy(points) for i, points in carried.items()}
    targets = make_targets(labels, skeletons, settings)
    image = sample_linear(volume.image, crop)
    image, _ = recolour(np.random.default_rng(3), image, settings, volume.values)
    return {
        "image": image,
        "masks": labels[None],
        "skeletons": skeletons,
        "baked_skeleton": targets.baked,
        "skele_masks": targets.skeleton,
        "background": seen[None] == 0,
    }


def _flow(volume: Volume) -> Figure:
    spatial: dict[str, Any] = {
        "AFFINE_RATE": 1.0,
        "ELASTIC_RATE": 1.0,
        "FLIP_RATE": 0.5,
    }
    settings = _settings(**spatial)
    colours = _settings(
        **spatial,
        NOISE_RATE=1.0,
        CONTRAST_RATE=1.0,
        CONTRAST_RANGE=(0.7, 0.7),
        extra={"INVERT_RATE": 1.0},
    )
    plain, final = _sample(settings, volume), _sample(colours, volume)
    names = ("1 map", "2 sampling", "3 intensity", "4 skeleton, mask", "5 vectors")
    figure, axes = _panels(names)
    _show_map(axes[0], _map(settings, volume), volume)
    draw_image(axes[1], plain)
    draw_outlines(axes[1], plain)
    _grey(axes[2], final, volume)
    draw_image(axes[3], final)
    draw_skeletons(axes[3], final)
    draw_vectors(axes[4], final)
    for panel in axes[1:]:
        draw_unknown(panel, final)
    return figure


def _show_map(panel: Axes, crop: CropMap, volume: Volume) -> None:
    """Draw the net of the crop into a plane of the volume."""
    plane = volume.image[0, :, :, volume.image.shape[3] // 2]
    panel.imshow(plane.numpy(), cmap="gray")
    x, y, z = crop.shape
    along = np.linspace(0, 1, 60)
    for share in np.linspace(0, 1, 9):
        for ends in ((share + 0 * along, along), (along, share + 0 * along)):
            voxels = np.stack(
                [ends[0] * (x - 1), ends[1] * (y - 1), 0 * along + z // 2]
            )
            places = crop.to_volume(voxels.T)
            wide = 1.3 if share in {0, 1} else 0.5
            panel.plot(places[:, 1], places[:, 0], color="#ffb000", linewidth=wide)
    middle = crop.to_volume(np.array([[(x - 1) / 2, (y - 1) / 2, z / 2]]))[0]
    panel.set_xlim(middle[1] - 230, middle[1] + 230)
    panel.set_ylim(middle[0] + 230, middle[0] - 230)
    panel.set_xticks([])
    panel.set_yticks([])


def _show_place(panel: Axes, step: dict[str, Any], volume: Volume) -> None:
    sample = _sample(_settings(**step), volume)
    draw_image(panel, sample)
    draw_outlines(panel, sample)
    draw_unknown(panel, sample)


def _show_look(panel: Axes, step: dict[str, Any], volume: Volume) -> None:
    _grey(panel, _sample(_settings(**step), volume), volume)


def _grey(panel: Axes, sample: dict[str, Any], volume: Volume) -> None:
    """Draw an image with the black and white of the volume."""
    plane = sample["image"][0, :, :, CROP[2] // 2]
    black, white = volume.values.low, volume.values.high
    panel.imshow(plane.numpy(), cmap="gray", vmin=black, vmax=white)
    panel.set_xticks([])
    panel.set_yticks([])


def _row(
    steps: dict[str, dict[str, Any]], show: Callable[[Axes, dict[str, Any]], None]
) -> Figure:
    figure, axes = _panels(tuple(steps))
    for panel, step in zip(axes, steps.values(), strict=True):
        show(panel, step)
    return figure


def _panels(names: tuple[str, ...]) -> tuple[Figure, list[Axes]]:
    width = 12.0
    figure = Figure(
        figsize=(width, width / len(names) + 0.25), layout="constrained", dpi=100
    )
    axes = list(figure.subplots(1, len(names)))
    for panel, name in zip(axes, names, strict=True):
        panel.set_title(name, fontsize=11)
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    figure.savefig(path, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images"))
