"""A run works on the grid that was taught, or is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import skoots
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.teach import TeachProject
from skoots.teach.found import image_as_taught, needed_wish
from skoots.teach.record import TeachRecord
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (12, 40, 40)


@pytest.mark.parametrize("voxel_size", [None, (0.01, 0.01, 0.01), (0.05, 0.05, 0.05)])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.5, 2.5])
def test_a_run_is_brought_to_the_grid_that_was_taught(
    zoom: float, voxel_size: tuple[float, float, float] | None
) -> None:
    model = skoots.load_model("mito-em")
    grid = (int(SHAPE[0] * zoom), int(SHAPE[1] * zoom), int(SHAPE[2] * zoom))
    wish = needed_wish(model, SHAPE, voxel_size, grid)
    assert grid_shape(SHAPE, voxel_size, model, Wishes(**wish)) == grid


def test_an_image_is_opened_with_the_voxel_size_that_was_taught(
    tmp_path: Path,
) -> None:
    grey = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    project = TeachProject.create(tmp_path / "cells.skoots-project")
    example = project.add(open_source(grey))
    record = TeachRecord(
        base=None, seconds=1, diameter=None, grids={example.name: SHAPE},
        voxel_sizes={example.name: None}, objects=1, boxes=1, held_out=(),
    )  # fmt: skip
    example.set_voxel_size((0.08, 0.02, 0.02))
    assert example.image().voxel_size == (0.08, 0.02, 0.02)
    assert image_as_taught(example, record).voxel_size is None
    before = record.model_copy(update={"voxel_sizes": {}})  # of an earlier version
    assert image_as_taught(example, before).voxel_size == (0.08, 0.02, 0.02)


def test_nothing_is_asked_for_where_the_run_does_it_by_itself() -> None:
    model = skoots.load_model("mito-em")
    assert model.voxel_size is not None
    z, y, x = model.voxel_size
    smaller = (0.3 * z, 0.3 * y, 0.3 * x)
    by_itself = grid_shape(SHAPE, smaller, model, Wishes())
    assert by_itself != SHAPE
    assert needed_wish(model, SHAPE, smaller, by_itself) == {}
    assert needed_wish(model, SHAPE, smaller, SHAPE) == {"resample": False}
