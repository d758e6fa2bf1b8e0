"""Nuclei in fluorescence as a microscope might show them, with their true labels.

There are few annotated volumes of nuclei that may be shipped, and each shows one
microscope. What a network should not rely on is drawn anew for every volume: size,
flatness and crowding of the nuclei, length of the voxels along Z, texture, brightness,
haze, depth, optics and noise. Crowded nuclei touch along curved faces.

    python scripts/models/synthetic_nuclei.py FOLDER --volumes 40 --seed 0
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cc3d
import numpy as np
import tifffile
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.float32]
    Labels = NDArray[np.uint16]

SEED_TRAIN, SEED_VAL = 0, 1
"""Of the nuclei that the shipped model is trained and validated on."""

MOST_VOXELS = 1 << 20
"""Of a volume: enough for the largest nuclei, little enough to make dozens."""

_LEAST_NUCLEUS = 20
"""Voxels; a smaller rest of a nucleus that others cover is dropped."""

_LEAST_PLANES = 5
"""That a typical nucleus spans."""

_BLUR = 0.2
"""Deviation of the blur along Z, of a nucleus' extent: more, and nobody could tell
nuclei apart that touch along Z, nor annotate them."""

_TRIES = 4000
"""Places that are tried in a volume."""

_MOST_NUCLEI = 500


@dataclass(frozen=True)
class Scene:
    """What is drawn once for a volume. Lengths are in voxels along X and Y."""

    shape: tuple[int, int, int]
    """Voxels along Z, Y, X."""

    step: float
    """Length of a voxel along Z."""

    diameter: float
    """Of a typical nucleus."""

    spread: float
    """Deviation of the logarithm of the diameter."""

    flatness: float
    """Extent of a nucleus along Z, of that along X and Y."""

    closeness: float
    """Least distance of two nuclei, of the sum of their radii; below 1 they touch."""

    crowding: float
    """Share of the places that are taken if they are free."""

    clusters: int
    """Nuclei lie round so many places; 0: anywhere."""


def main() -> None:
    """Write volumes as ``nuclei_NNN.tif`` with ``nuclei_NNN.labels.tif``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--volumes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write_volumes(options.folder, options.volumes, options.seed)


def write_volumes(folder: Path, volumes: int, seed: int) -> None:
    """Write annotated volumes, each from its own seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(volumes):
        image, labels, step = make_volume(np.random.default_rng((seed, number)))
        path = folder / f"nuclei_{number:03d}.tif"
        tags = {"axes": "ZYX", "spacing": step, "unit": "pixel"}
        tifffile.imwrite(path, image, imagej=True, metadata=tags)
        tifffile.imwrite(
            path.with_suffix(".labels.tif"),
            labels,
            imagej=True,
            compression="zlib",
            metadata=tags,
        )


def make_volume(
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint16], Labels, float]:
    """Draw a volume.

    Parameters
    ----------
    rng : Generator
        The same numbers give the same volume.

    Returns
    -------
    image : ndarray, (Z, Y, X), uint16
    labels : ndarray, (Z, Y, X), uint16
        One connected piece for each nucleus; 0 elsewhere.
    step : float
        Length of a voxel along Z, of that along X and Y.
    """
    scene = draw_scene(rng)
    labels, depth = draw_nuclei(rng, scene)
    return draw_image(rng, scene, labels, depth), labels, round(scene.step, 2)


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw what is common to all nuclei of a volume."""
    diameter = float(np.exp(rng.uniform(np.log(9), np.log(42))))
    flatness = float(rng.choice([1.0, rng.uniform(0.5, 1.0)]))
    step = float(rng.choice([1.0, rng.uniform(1, 2.5), rng.uniform(2, 5)]))
    step = max(1.0, min(step, diameter * flatness / _LEAST_PLANES))
    wide = int(np.clip(diameter * rng.uniform(5, 8), 72, 176))
    deep = max(wide * rng.uniform(0.4, 1.0), 2.5 * diameter) / step
    deep = min(deep, MOST_VOXELS / wide**2)
    return Scene(
        shape=(int(np.clip(deep, 12, 96)), wide, wide),
        step=step,
        diameter=diameter,
        spread=float(rng.uniform(0.05, 0.25)),
        flatness=flatness,
        closeness=float(rng.choice([rng.uniform(0.75, 0.95), rng.uniform(0.9, 1.5)])),
        crowding=float(rng.choice([1.0, rng.uniform(0.02, 0.3)], p=[0.65, 0.35])),
        clusters=int(rng.choice([0, int(rng.integers(1, 5))], p=[0.6, 0.4])),
    )


def draw_nuclei(rng: np.random.Generator, scene: Scene) -> tuple[Labels, Grey]:
    """Place nuclei and give each voxel to the one in which it lies deepest.

    Returns
    -------
    labels : ndarray, (Z, Y, X), uint16
    depth : ndarray, (Z, Y, X), float32
        0 in the middle of a nucleus, 1 at its surface and beyond.
    """
    nearest = np.full(scene.shape, np.inf, np.float32)
    labels = np.zeros(scene.shape, np.uint16)
    bumps = rng.uniform(0.0, 0.16) * _field(rng, scene, scene.diameter / 4)
    centres, radii = _draw_centres(rng, scene)
    for number, (centre, radius) in enumerate(zip(centres, radii, strict=True), 1):
        shape = _draw_shape(rng, radius, scene)
        reach = 1.5 * np.sqrt((np.linalg.inv(shape) ** 2).sum(axis=1))
        box = _box(centre, reach, scene)
        if any(part.start >= part.stop for part in box):
            continue
        grid = np.meshgrid(*(np.arange(p.start, p.stop) for p in box), indexing="ij")
        apart = np.stack(grid, axis=-1) * (scene.step, 1, 1) - centre
        gap = np.linalg.norm(apart @ shape.T, axis=-1) + bumps[box]
        closer = (gap < 1) & (gap < nearest[box])
        nearest[box][closer] = gap[closer]
        labels[box][closer] = number
    return _whole(labels), np.minimum(nearest, 1)


def draw_image(
    rng: np.random.Generator, scene: Scene, labels: Labels, depth: Grey
) -> NDArray[np.uint16]:
    """Draw what the microscope shows of the nuclei."""
    diameter = scene.diameter
    bright = np.exp(rng.normal(0, rng.uniform(0.05, 0.6), int(labels.max()) + 1))
    bright[0] = 0
    light = bright.astype(np.float32)[labels] * _profile(rng, depth)
    grain = _field(rng, scene, diameter * rng.uniform(0.05, 0.2))
    light *= np.clip(1 + rng.uniform(0, 0.5) * grain, 0.1, None)
    haze = ndimage.gaussian_filter(light, _lengths(scene, diameter * 0.6))
    light += rng.uniform(0, 0.5) * haze + rng.uniform(0, 0.15)
    light += rng.uniform(0, 0.12) * (1 + _field(rng, scene, diameter))
    light = light.clip(0) + _debris(rng, scene)
    optics = rng.uniform(0.5, min(2.0, 0.6 + diameter / 16))
    long = min(optics * rng.uniform(1.0, 3.0), _BLUR * diameter * scene.flatness)
    long = max(long, 0.5) / scene.step
    light = ndimage.gaussian_filter(light, (long, optics, optics))
    planes = np.arange(scene.shape[0]) / scene.shape[0]
    light *= np.exp(-rng.uniform(0, 1.2) * planes)[:, None, None]
    photons = float(np.exp(rng.uniform(np.log(12), np.log(400))))
    seen = rng.poisson(light.clip(0) * photons) + rng.normal(
        0, rng.uniform(0, 0.05) * photons, scene.shape
    )
    grey = 100 + seen * 2000 / photons
    return grey.clip(0, 65535).astype(np.uint16)


def _draw_centres(
    rng: np.random.Generator, scene: Scene
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw places, (N, 3) along Z, Y, X, and radii, such that few nuclei overlap."""
    size = np.array(scene.shape) * (scene.step, 1, 1)
    homes = rng.uniform(0, size, (max(1, scene.clusters), 3))
    wanted = rng.uniform(0, size, (_TRIES, 3))
    if scene.clusters:
        home = homes[rng.integers(len(homes), size=_TRIES)]
        wanted = home + rng.normal(0, scene.diameter * 1.3, (_TRIES, 3))
    radii = scene.diameter / 2 * np.exp(rng.normal(0, scene.spread, _TRIES))
    taken = rng.random(_TRIES) < scene.crowding
    flat = np.array([1 / scene.flatness, 1, 1])  # as far apart as they are flat
    most = max(4, int(_MOST_NUCLEI * scene.crowding))
    kept: list[int] = []
    for k in np.flatnonzero(taken):
        gaps = np.linalg.norm((wanted[kept] - wanted[k]) * flat, axis=1)
        if (gaps >= scene.closeness * (radii[kept] + radii[k])).all():
            kept.append(int(k))
        if len(kept) == most:
            break
    return wanted[kept], radii[kept]


def _draw_shape(
    rng: np.random.Generator, radius: float, scene: Scene
) -> NDArray[np.float64]:
    """Draw an ellipsoid: a matrix that turns its surface into the unit sphere."""
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    axes = radius * np.exp(rng.normal(0, 0.16, 3))
    flat = np.diag([1 / scene.flatness, 1.0, 1.0])
    shape: NDArray[np.float64] = np.diag(1 / axes) @ turn @ flat
    return shape


def _box(
    centre: NDArray[np.float64], reach: NDArray[np.float64], scene: Scene
) -> tuple[slice, slice, slice]:
    voxel = np.array([scene.step, 1, 1])
    low = np.clip(np.floor((centre - reach) / voxel), 0, scene.shape).astype(int)
    high = np.clip(np.ceil((centre + reach) / voxel) + 1, 0, scene.shape).astype(int)
    z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return z, y, x


def _whole(labels: Labels) -> Labels:
    """Keep the largest piece of each nucleus, and number them anew."""
    pieces = cc3d.connected_components(labels, connectivity=6)
    counts = np.bincount(pieces.ravel())
    owner = np.zeros(len(counts), np.int64)
    owner[pieces.ravel()] = labels.ravel()
    best: dict[int, int] = {}
    for piece in range(1, len(counts)):
        known = best.get(int(owner[piece]))
        if known is None or counts[piece] > counts[known]:
            best[int(owner[piece])] = piece
    kept = [p for p in sorted(best.values()) if counts[p] >= _LEAST_NUCLEUS]
    new = np.zeros(len(counts), np.uint16)
    new[kept] = np.arange(1, len(kept) + 1)
    whole: Labels = new[pieces]
    return whole


def _profile(rng: np.random.Generator, depth: Grey) -> Grey:
    """Draw how bright nuclei are from their middle to their surface."""
    kind = rng.choice(["even", "middle", "rim"], p=[0.5, 0.3, 0.2])
    bright = np.ones_like(depth)
    if kind == "middle":
        bright = np.clip(1.2 - depth**2, 0, None)
    elif kind == "rim":
        bright = 0.4 + 0.8 * depth**2
    return bright


def _debris(rng: np.random.Generator, scene: Scene) -> Grey:
    """Draw small bright specks that are no nuclei."""
    specks = np.zeros(scene.shape, np.float32)
    count = int(rng.choice([0, int(rng.integers(1, 25))]))
    places = tuple(rng.integers(0, n, count) for n in scene.shape)
    specks[places] = rng.uniform(5, 40, count)
    return ndimage.gaussian_filter(specks, _lengths(scene, 0.9))


def _field(rng: np.random.Generator, scene: Scene, length: float) -> Grey:
    """Draw a field of mean 0 and deviation 1 that changes over a length."""
    noise = rng.standard_normal(scene.shape, np.float32)
    field = ndimage.gaussian_filter(noise, _lengths(scene, length))
    smooth: Grey = (field - field.mean()) / max(float(field.std()), 1e-6)
    return smooth


def _lengths(scene: Scene, length: float) -> tuple[float, float, float]:
    return length / scene.step, length, length


if __name__ == "__main__":
    main()
