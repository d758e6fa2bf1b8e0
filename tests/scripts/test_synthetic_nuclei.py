"""Volumes of drawn nuclei are what a training needs, and the same for a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np
import pytest
from synthetic_nuclei import draw_nuclei, draw_scene, make_volume, write_volumes

from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_nucleus_is_one_piece_and_ids_have_no_gap(seed: int) -> None:
    _, labels, _ = make_volume(np.random.default_rng(seed))
    ids = np.unique(labels)
    assert ids.tolist() == list(range(len(ids)))
    assert len(ids) > 2
    pieces = cc3d.connected_components(labels, connectivity=6)
    assert pieces.max() == labels.max()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_image_shows_the_nuclei_that_the_labels_name(seed: int) -> None:
    image, labels, _ = make_volume(np.random.default_rng(seed))
    assert image.shape == labels.shape
    # noise, haze and optics hide some, never most of them
    assert image[labels > 0].mean() > image[labels == 0].mean()


def test_nuclei_are_as_large_as_the_scene_says() -> None:
    ratios = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        scene = draw_scene(rng)
        labels, _ = draw_nuclei(rng, scene)
        inner = labels[1:-1, 1:-1, 1:-1]
        cut = set(np.unique(labels)) - set(np.unique(labels[[0, -1]]))
        whole = [i for i in np.unique(inner) if i > 0 and i in cut]
        if whole:
            volumes = [(labels == i).sum() * scene.step / scene.flatness for i in whole]
            across = (6 * np.median(volumes) / np.pi) ** (1 / 3)
            ratios.append(across / scene.diameter)
    assert 0.7 < np.median(ratios) < 1.1  # neighbours cut some, faces others


def test_crowded_nuclei_touch() -> None:
    touching = 0
    for seed in range(8):
        _, labels, _ = make_volume(np.random.default_rng(seed))
        left, right = labels[:, :, :-1], labels[:, :, 1:]
        touching += int(((left != right) & (left > 0) & (right > 0)).any())
    assert touching >= 4


def test_a_seed_gives_the_same_files_and_another_one_others(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_volumes(tmp_path / name, 1, seed)
    one, same, other = (
        (tmp_path / name / "nuclei_000.tif").read_bytes() for name in "abc"
    )
    assert one == same
    assert one != other
    labels = open_source(tmp_path / "a" / "nuclei_000.labels.tif")
    assert labels.shape == open_source(tmp_path / "a" / "nuclei_000.tif").shape
