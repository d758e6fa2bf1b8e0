"""A run works on the grid that was taught, or is told to."""

from __future__ import annotations

import pytest

import skoots
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes
from skoots.teach.found import needed_wish

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


def test_nothing_is_asked_for_where_the_run_does_it_by_itself() -> None:
    model = skoots.load_model("mito-em")
    assert model.voxel_size is not None
    z, y, x = model.voxel_size
    smaller = (0.3 * z, 0.3 * y, 0.3 * x)
    by_itself = grid_shape(SHAPE, smaller, model, Wishes())
    assert by_itself != SHAPE
    assert needed_wish(model, SHAPE, smaller, by_itself) == {}
    assert needed_wish(model, SHAPE, smaller, SHAPE) == {"resample": False}
