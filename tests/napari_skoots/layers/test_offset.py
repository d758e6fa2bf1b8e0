"""Whether two layers lie on the same voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.layers import Labels

from napari_skoots.layers import geometry_of, has_lengths, is_unmoved, voxel_offset

SHAPE = (24, 60, 70)
VOXELS = (0.04, 0.02, 0.02)
TURNED = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]


def geometry(units: str = "um", **place: Any) -> dict[str, Any]:
    layer = Labels(np.zeros((2, 2, 2), np.uint8), units=(units,) * 3, **place)
    return geometry_of(layer)


@pytest.mark.parametrize(
    ("one", "offset"),
    [
        (geometry(scale=VOXELS), (0, 0, 0)),
        (geometry(scale=VOXELS, translate=(4, -0.2, 0)), (100, -10, 0)),
        (geometry("nm", scale=(40, 20, 20), translate=(4000, 0, 0)), (100, 0, 0)),
        (geometry("pixel", scale=VOXELS, translate=(4, 0, 0)), (100, 0, 0)),
        (geometry("nm", scale=VOXELS), None),
        (geometry(scale=VOXELS, translate=(0, 0.01, 0)), None),
        (geometry(scale=(0.04, 0.04, 0.04)), None),
        (geometry(scale=VOXELS, rotate=TURNED), None),
    ],
)
def test_a_layer_is_shifted_by_whole_voxels_or_on_another_grid(
    one: dict[str, Any], offset: tuple[int, int, int] | None
) -> None:
    assert voxel_offset(one, geometry(scale=VOXELS), SHAPE) == offset


def test_two_that_are_turned_alike_are_shifted_along_their_own_axes() -> None:
    place = {"scale": VOXELS, "rotate": TURNED}
    one = geometry(**place, translate=np.array(TURNED) @ (0, 0.2, 0))
    assert voxel_offset(one, geometry(**place), SHAPE) == (0, 10, 0)


def test_a_single_plane_has_no_depth() -> None:
    flat = geometry(scale=(0.02, 0.02, 0.02))
    assert voxel_offset(flat, geometry(scale=VOXELS), (1, 60, 70)) == (0, 0, 0)
    assert voxel_offset(flat, geometry(scale=VOXELS), (2, 60, 70)) is None


@pytest.mark.parametrize(
    ("place", "unmoved"),
    [
        ({}, True),
        ({"scale": VOXELS}, True),
        ({"translate": (0, 1, 0)}, False),
        ({"rotate": TURNED}, False),
        ({"shear": (0, 0, 0.5)}, False),
        ({"affine": np.diag((1, 1, 1, 1)) + np.eye(4, k=3)}, False),
    ],
)
def test_how_large_a_voxel_is_moves_nothing(
    place: dict[str, Any],
    unmoved: bool,
) -> None:
    assert is_unmoved(geometry(**place)) == unmoved


def test_pixels_are_no_length() -> None:
    assert has_lengths(geometry("nm"))
    assert not has_lengths(geometry("pixel"))
