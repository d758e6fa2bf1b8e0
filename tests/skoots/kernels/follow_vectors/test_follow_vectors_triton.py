"""Triton against the definition, on a GPU or under the interpreter."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from follow_cases import CASES, Case

from skoots.kernels.follow_vectors.reference import follow_vectors_reference

triton_kernel = pytest.importorskip("skoots.kernels.follow_vectors.triton_kernel")

pytestmark = [
    pytest.mark.triton,
    # the interpreter computes with numpy, which warns where a GPU goes on
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]


@pytest.mark.parametrize("first_hit", [False, True], ids=["hops", "hit"])
@pytest.mark.parametrize("dtype", [torch.int8, torch.float32], ids=str)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_triton_agrees_with_the_reference(
    case: Case,
    dtype: torch.dtype,
    first_hit: bool,
    kernel_device: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for hops in (0, 1, 4):
        walk = case.walk(dtype, hops, first_hit)
        walk = replace(
            walk,
            vectors=walk.vectors.to(kernel_device),
            labels=walk.labels.to(kernel_device),
            foreground=walk.foreground.to(kernel_device),
        )
        expected = follow_vectors_reference(walk)
        with monkeypatch.context() as poison:
            poison.setattr(
                torch, "empty", lambda shape, **kind: torch.full(shape, 77, **kind)
            )
            found = triton_kernel.follow_vectors_triton(walk)
        assert torch.equal(found, expected), hops
