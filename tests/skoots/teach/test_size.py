"""How large painted objects are, in voxels of an image that is to be resampled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import skoots
from skoots.events import result_of
from skoots.teach.painted import LEAST_VOXELS, Painted
from skoots.teach.prepare import prepare
from skoots.teach.record import read_record
from skoots.teach.size import learned_diameter, painted_diameter
from skoots.validate.measure import ObjectTable

if TYPE_CHECKING:
    from skoots.teach import TeachProject

SHAPE = (20, 60, 60)
BALL = 4189
"""Voxels of a ball of 20 across."""


def painted(*voxels: int) -> Painted:
    count = len(voxels)
    table = ObjectTable(
        ids=np.arange(1, count + 1),
        voxels=np.array(voxels, np.int64),
        volume_um3=None,
        centroid_zyx=np.zeros((count, 3)),
        box_zyx=np.zeros((count, 3, 2), np.int64),
        at_face=np.zeros(count, bool),
    )
    return Painted(SHAPE, table, (), 0, (), (), (), ())


def diameter(*each: Painted) -> float | None:
    return painted_diameter(each, [None] * len(each), None, None)


@pytest.mark.parametrize(
    ("known", "scales", "learned"),
    [
        (31.5, (0.33, 1.3), 22.0),  # it knows such, too
        (21.2, (0.6, 1.5), 21.2),
        (11.3, (0.7, 4.0), 11.3),  # small ones are not made larger
        (60.0, (0.9, 1.1), 54.0),  # and large ones not smaller than it knows
        (None, (0.5, 2.0), None),
    ],
)
def test_objects_are_learned_no_larger_than_must_be(
    known: float | None, scales: tuple[float, float], learned: float | None
) -> None:
    plain = skoots.load_model("nuclei")
    config = plain.config.merge({"TRAINER": {"SCALE_RANGE": scales}})
    model = replace(plain, object_diameter=known, config=config)
    assert learned_diameter(model) == (learned and pytest.approx(learned))


def test_the_grid_has_objects_of_that_size(project: TeachProject) -> None:
    """Three rods of 13 voxels across, learned by a model of objects of 31.5."""
    place = result_of(prepare(project, "mito-em", diameter=13, device="cpu"))
    record = read_record(place.path)
    (example,) = project.examples
    zooms = [
        m / n for m, n in zip(record.grids[example.name], example.shape, strict=True)
    ]
    assert zooms == pytest.approx([22 / 13] * 3, abs=0.03)
    assert pytest.approx(22) == place.settings.TRAINER.OBJECT_DIAMETER


def test_it_is_that_of_a_ball_as_large_as_the_mean_object() -> None:
    assert diameter(painted(BALL)) == pytest.approx(20, abs=0.01)
    assert diameter(painted(BALL // 2, 3 * BALL // 2)) == pytest.approx(20, abs=0.01)


def test_objects_of_all_examples_count_alike() -> None:
    assert diameter(painted(BALL // 2), painted(), painted(3 * BALL // 2)) == (
        diameter(painted(BALL // 2, 3 * BALL // 2))
    )


def test_slips_of_the_brush_count_only_where_there_is_nothing_else() -> None:
    assert diameter(painted(BALL, LEAST_VOXELS - 1)) == diameter(painted(BALL))
    tiny = diameter(painted(LEAST_VOXELS - 1))
    assert tiny == pytest.approx(3.3, abs=0.05)


def test_without_objects_nobody_knows() -> None:
    assert diameter() is None
    assert diameter(painted(), painted()) is None


def test_an_example_of_larger_voxels_counts_in_voxels_of_the_image() -> None:
    here = (0.01, 0.01, 0.01)
    coarse = painted_diameter([painted(BALL)], [(0.02, 0.02, 0.02)], here, here)
    fine = painted_diameter([painted(8 * BALL)], [here], here, here)
    assert coarse == pytest.approx(fine)
    assert coarse == pytest.approx(40, abs=0.02)


def test_relatively_deeper_voxels_hold_fewer_of_an_object() -> None:
    deep, cubes = (0.08, 0.01, 0.01), (0.01, 0.01, 0.01)
    found = painted_diameter([painted(BALL // 8)], [deep], deep, cubes)
    assert found == pytest.approx(20, abs=0.02)
    alike = painted_diameter([painted(BALL)], [deep], deep, deep)
    assert alike == pytest.approx(20, abs=0.02)
