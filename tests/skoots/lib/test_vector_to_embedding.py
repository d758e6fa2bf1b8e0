"""Vectors become places, for any batch, border and number of hops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import ShapeError
from skoots.lib.vector_to_embedding import vec2embedND, vector_to_embedding


def _walk(
    vector: np.ndarray,
    scale: np.ndarray,
    voxel: tuple[int, ...],
    hops: int,
    decay: float,
) -> np.ndarray:
    """The definition, for one voxel of one volume (3, X, Y, Z)."""
    last = np.array(vector.shape[1:]) - 1
    place = np.array(voxel, np.float32) + vector[:, *voxel] * scale
    for hop in range(1, hops):
        x, y, z = np.clip(np.rint(place), 0, last).astype(int)
        place = place + vector[:, x, y, z] * scale * np.float32(decay**hop)
    return place


@given(
    seed=st.integers(0, 2**16),
    shape=st.tuples(*[st.integers(1, 5)] * 3),
    hops=st.integers(1, 4),
    decay=st.sampled_from([1.0, 0.5]),
)
@settings(deadline=None, max_examples=40)
def test_defects_9_and_10_every_hop_reads_its_own_batch_inside_the_border(
    seed: int, shape: tuple[int, int, int], hops: int, decay: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    vector = torch.rand((2, 3, *shape), generator=generator) * 2 - 1
    scale = torch.tensor([3.0, 2.0, 1.0])
    found = vector_to_embedding(scale, vector, N=hops, decay=decay).numpy()
    for batch in range(2):
        for voxel in np.ndindex(shape):
            expected = _walk(vector[batch].numpy(), scale.numpy(), voxel, hops, decay)
            np.testing.assert_allclose(found[batch, :, *voxel], expected, atol=1e-5)


def test_defect_9_a_hop_out_of_the_volume_does_not_wrap_into_the_next_row() -> None:
    vector = torch.zeros(1, 3, 1, 2, 4)
    vector[0, 2, 0, 0, 3] = 1  # points out at the end of the first row
    vector[0, 0, 0, 1, 0] = 9  # what it must not read
    place = vector_to_embedding((1.0, 1.0, 1.0), vector, N=2)[0, :, 0, 0, 3]
    assert place.tolist() == [0.0, 0.0, 5.0]


def test_two_dimensions_have_one_hop() -> None:
    vector = torch.zeros(2, 2, 3, 4)
    vector[1, 0] = 0.5
    place = vector_to_embedding(torch.tensor([4.0, 1.0]), vector)
    assert place[1, :, 2, 3].tolist() == [4.0, 3.0]
    with pytest.raises(ShapeError, match="N = 1"):
        vector_to_embedding((4.0, 1.0), vector, N=2)


def test_one_hop_works_in_any_number_of_dimensions() -> None:
    assert vec2embedND((2.0,), torch.ones(1, 1, 3)).flatten().tolist() == [
        2.0,
        3.0,
        4.0,
    ]


@pytest.mark.parametrize("hops", [1, 3], ids="N-{}".format)
def test_gradients_reach_the_vectors(hops: int) -> None:
    vector = torch.rand(1, 3, 3, 3, 3, requires_grad=True)
    vector_to_embedding((1.0, 2.0, 3.0), vector, N=hops).sum().backward()
    assert vector.grad is not None
    assert vector.grad.sum() == pytest.approx(27 * 6 * hops)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_places_beyond_half_precision_are_exact(dtype: torch.dtype) -> None:
    vector = torch.zeros(1, 3, 1, 1, 2051, dtype=dtype)
    place = vector_to_embedding((1.0, 1.0, 1.0), vector)
    assert place.dtype == torch.float32
    assert place[0, 2, 0, 0, 2049] == 2049


def test_a_nan_stays_with_its_voxel() -> None:
    vector = torch.zeros(1, 3, 1, 1, 4)
    vector[0, 2, 0, 0, 1] = torch.nan
    place = vector_to_embedding((1.0, 1.0, 1.0), vector, N=3)
    assert place.isnan().sum() == 1


@pytest.mark.parametrize(
    ("shape", "scale"),
    [((1, 2, 3, 3, 3), 3), ((1, 3, 3, 3, 3), 2), ((3, 3, 3), 3)],
    ids=["components", "scale", "axes"],
)
def test_vectors_that_do_not_fit_are_refused(
    shape: tuple[int, ...], scale: int
) -> None:
    with pytest.raises(ShapeError):
        vector_to_embedding([1.0] * scale, torch.zeros(shape))
