"""Looking bytes up gives what calculating them gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skoots.inference import quantise as module
from skoots.inference.quantise import Bytes, quantise

SHAPE = (7, 5, 3)


def answer_of_a_network(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    noise = torch.randn(5, *shape, generator=torch.Generator().manual_seed(1))
    out = torch.cat([noise[:3].tanh(), noise[3:].sigmoid()])
    out[:, 0, 0, 0] = torch.tensor([-1.0, 0.0, 1.0, 0.0, 1.0])
    out[4, 1] *= 0.2
    return out.to(dtype)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("shape", [SHAPE, (40, 41, 43)], ids=["small", "threads"])
@pytest.mark.parametrize("layout", ["plain", "channels_last", "cut"])
def test_looking_up_equals_calculating(
    dtype: torch.dtype,
    shape: tuple[int, int, int],
    layout: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = answer_of_a_network(shape, dtype)
    if layout == "channels_last":
        out = out[None].to(memory_format=torch.channels_last_3d)[0]
    if layout == "cut":
        out = out[:, 1:, 2:-1, 1:]
    found = quantise(out)
    monkeypatch.setattr(module, "_HALF", ())
    for looked_up, calculated in zip(found, quantise(out), strict=True):
        assert looked_up.dtype == calculated.dtype
        assert np.array_equal(looked_up, calculated)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str
)
def test_components_and_axes_turn_to_z_y_x(dtype: torch.dtype) -> None:
    out = torch.zeros(5, *SHAPE, dtype=dtype)
    out[:, 6, 4, 2] = torch.tensor([0.5, -1.0, 1.0, 0.0, 1.0])
    found: Bytes = quantise(out)
    assert found.probability.shape == (3, 7, 5)
    assert found.probability[2, 6, 4] == 255
    assert found.vectors[:, 2, 6, 4].tolist() == [127, 64, -127]


def test_vectors_of_improbable_voxels_are_not_kept() -> None:
    out = torch.full((5, *SHAPE), 0.5, dtype=torch.bfloat16)
    out[4] = 0.09
    assert not quantise(out).vectors.any()
    assert quantise(out).skeleton.all()


def test_what_is_not_a_number_is_stored_as_nothing() -> None:
    out = torch.full((5, *SHAPE), torch.nan, dtype=torch.bfloat16)
    assert not any(part.any() for part in quantise(out))
