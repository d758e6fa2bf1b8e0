"""Filters against scipy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skoots.errors import ShapeError
from skoots.lib.morphology import (
    binary_dilation,
    binary_dilation_2d,
    binary_erosion,
    gauss_filter,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _maps(seed: int, shape: tuple[int, int, int]) -> torch.Tensor:
    return torch.rand((2, 3, *shape), generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 2**16), shape=st.tuples(*[st.integers(1, 6)] * 3))
@settings(deadline=None, max_examples=40)
def test_defect_16_dilation_and_erosion_are_those_of_scipy(
    seed: int, shape: tuple[int, int, int]
) -> None:
    maps = _maps(seed, shape)
    outside = {"mode": "constant", "cval": 0.0}
    cases = [
        (binary_dilation, ndimage.maximum_filter, (1, 1, 3, 3, 3)),
        (binary_dilation_2d, ndimage.maximum_filter, (1, 1, 3, 3, 1)),
        (binary_erosion, ndimage.minimum_filter, (1, 1, 3, 3, 3)),
    ]
    for ours, theirs, size in cases:
        before = maps.clone()
        assert (ours(maps).numpy() == theirs(maps.numpy(), size=size, **outside)).all()
        assert (maps == before).all()


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.uint8, torch.bool], ids=str
)
def test_the_type_is_kept(dtype: torch.dtype) -> None:
    image = torch.zeros(1, 1, 5, 5, 5, dtype=dtype)
    image[0, 0, 2, 2, 2] = 1
    wide = binary_dilation(image)
    assert wide.dtype == dtype
    assert wide.float().sum() == 27
    assert (binary_erosion(wide) == image).all()
    assert binary_dilation_2d(image).float().sum() == 9


def test_dilation_passes_gradients() -> None:
    image = _maps(0, (3, 3, 3)).requires_grad_()
    binary_dilation(image).sum().backward()
    assert image.grad is not None
    assert image.grad.sum() == pytest.approx(image.numel())


@pytest.mark.parametrize("widen_or_shrink", [binary_dilation, binary_erosion])
@pytest.mark.parametrize("shape", [(5, 6, 7), (1, 2, 3), (4, 1, 1)], ids=str)
def test_maps_that_ask_for_gradients_give_the_same(
    widen_or_shrink: Callable[[torch.Tensor], torch.Tensor], shape: tuple[int, int, int]
) -> None:
    image = _maps(2, shape)
    with_gradient = widen_or_shrink(image.clone().requires_grad_())
    assert torch.equal(with_gradient, widen_or_shrink(image))


@pytest.mark.parametrize("kernel", [(3, 5, 1), (7, 7, 7)], ids=str)
def test_defect_16_the_blur_is_a_gaussian_on_each_channel(
    kernel: tuple[int, int, int],
) -> None:
    maps, sigma = _maps(1, (9, 8, 7)).double(), (1.0, 1.5, 0.7)
    weights = [
        np.exp(-0.5 * ((np.arange(n) - n // 2) / s) ** 2)
        for n, s in zip(kernel, sigma, strict=True)
    ]
    full = np.einsum("a,b,c->abc", *[w / w.sum() for w in weights])[None, None]
    expected = ndimage.convolve(maps.numpy(), full, mode="constant")
    found = gauss_filter(maps, kernel, sigma)
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("kernel", "sigma"),
    [((2, 3, 3), (1, 1, 1)), ((3, 3), (1, 1)), ((3, 3, 3), (1, 0, 1))],
    ids=["even", "two", "no-width"],
)
def test_a_blur_that_is_none_is_refused(
    kernel: tuple[int, ...], sigma: tuple[float, ...]
) -> None:
    with pytest.raises(ShapeError):
        gauss_filter(torch.zeros(1, 1, 3, 3, 3), kernel, sigma)


@pytest.mark.parametrize("shape", [(3, 3, 3), (1, 1, 0, 3, 3)], ids=str)
def test_maps_need_five_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="B, C, X, Y, Z"):
        binary_dilation(torch.zeros(shape))
