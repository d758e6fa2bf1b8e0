"""Values to begin with follow from what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from measured_cases import measured as like

from skoots.train.first.choices import settle

if TYPE_CHECKING:
    from skoots.train.first.measure import Measured


@pytest.mark.parametrize(
    ("measured", "scaling"),
    [
        # turned and enlarged: (9 + sqrt(3) / 2) * 1.4 + 1, of which 0.98 are asked for
        (like((99, 99, 99)), [16, 16, 16]),
        # sheared in the plane; along Z as far as 9 / 6 and half a pixel allow
        (like((99, 99, 99), (1, 1, 6)), [17, 17, 4]),
        # not turned out of the plane, and no object is deeper than 20 planes
        (like((99, 99, 20)), [17, 17, 17]),
        (replace(like((99, 99, 20)), deepest=6), [17, 17, 7]),
    ],
)
def test_vectors_are_scaled_no_further_than_needed(
    measured: Measured, scaling: list[int]
) -> None:
    values = settle(measured, torch.device("cpu"))
    assert values["SKOOTS"]["VECTOR_SCALING"] == scaling


@pytest.mark.parametrize(
    ("across", "radius"),
    [(1, 1), (4, 1), (10, 2), (32, 5), (64, 10), (128, 20)],
)
def test_skeletons_are_as_thick_as_objects_are_large(
    across: float, radius: int
) -> None:
    sizes = np.array([round(np.pi / 6 * across**3)])
    values = settle(replace(like((99, 99, 99)), volumes=sizes), torch.device("cpu"))
    assert values["TRAIN"]["SKELETON_MASK_RADIUS"] == radius


@pytest.mark.parametrize(
    ("voxels", "smooth"), [(100, 0.0001), (3000, 0.003), (80_000, 0.005)]
)
def test_the_floor_of_the_skeleton_loss_is_a_tenth_of_the_mask(
    voxels: int, smooth: float
) -> None:
    near = np.full(64, voxels)
    thin = replace(like((50, 50, 40)), near=near)
    values = settle(thin, torch.device("cpu"))["TRAIN"]["LOSS_SKELETON_VALUES"]
    assert values == [0.5, 1.5, smooth, 0.3]
