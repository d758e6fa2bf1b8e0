"""Connected components against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skoots.errors import ShapeError
from skoots.lib.flood_fill import efficient_flood_fill


@given(
    seed=st.integers(0, 2**16),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    filled=st.floats(0, 1),
)
@settings(deadline=None, max_examples=60)
def test_labels_are_those_of_scipy_in_the_order_of_first_voxels(
    seed: int, shape: tuple[int, int, int], filled: float
) -> None:
    solid = np.random.default_rng(seed).random(shape) < filled
    expected, _ = ndimage.label(solid)
    found = efficient_flood_fill(torch.from_numpy(solid))
    assert found.dtype == torch.int32
    assert (found.numpy() == expected).all()


@pytest.mark.parametrize(
    "dtype",
    [torch.bool, torch.uint8, torch.int16, torch.int64, torch.float16, torch.float32],
    ids=str,
)
@pytest.mark.parametrize("channel", [False, True], ids=["3D", "4D"])
def test_what_is_not_zero_is_skeleton(dtype: torch.dtype, channel: bool) -> None:
    skeleton = torch.tensor([[[1, 0, 1], [1, 0, 0]]]).to(dtype)
    before = skeleton.clone()
    found = efficient_flood_fill(skeleton[None] if channel else skeleton)
    assert found.tolist() == [[[1, 0, 2], [1, 0, 0]]]
    assert (skeleton == before).all()


def test_memory_order_does_not_matter() -> None:
    solid = torch.rand(5, 6, 7, generator=torch.Generator().manual_seed(0)) < 0.3
    turned = solid.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    assert (efficient_flood_fill(turned) == efficient_flood_fill(solid)).all()


def test_defect_5_more_than_65535_objects_get_ids_that_do_not_repeat() -> None:
    skeleton = torch.zeros(84, 84, 84, dtype=torch.int16)
    skeleton[::2, ::2, ::2] = 1
    found = efficient_flood_fill(skeleton)
    assert found.max() == 42**3 > 65535
    assert len(found.unique()) == 42**3 + 1


def test_defect_6_components_that_only_meet_at_a_seam_of_ids_stay_apart() -> None:
    # x = [2, 3, 7, 0] against y = [6, 0, 0, 4]: only the first pair touches.
    skeleton = torch.tensor([[1, 1], [0, 0], [1, 0], [0, 0], [1, 0], [0, 0], [0, 1]])
    found = efficient_flood_fill(skeleton[None])
    assert found[0].tolist() == [
        [1, 1],
        [0, 0],
        [2, 0],
        [0, 0],
        [3, 0],
        [0, 0],
        [0, 4],
    ]


def test_defect_7_a_component_of_any_length_is_one() -> None:
    snake = torch.zeros(1, 121, 121, dtype=torch.int16)
    snake[0, ::2] = 1
    snake[0, 1::4, -1] = 1
    snake[0, 3::4, 0] = 1
    found = efficient_flood_fill(snake)
    assert found.max() == 1
    assert (found > 0).sum() == (snake > 0).sum()


def test_what_is_no_single_volume_is_refused() -> None:
    with pytest.raises(ShapeError, match="cannot be labelled"):
        efficient_flood_fill(torch.zeros(2, 3, 3, 3))
