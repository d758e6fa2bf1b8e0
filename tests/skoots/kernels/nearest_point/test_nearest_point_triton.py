"""Triton against the definition, on a GPU or under the interpreter."""

from __future__ import annotations

import pytest
import torch
from nearest_cases import CASES, Case

from skoots.kernels.nearest_point import pack_points
from skoots.kernels.nearest_point.reference import nearest_point_reference

triton_kernel = pytest.importorskip("skoots.kernels.nearest_point.triton_kernel")

pytestmark = pytest.mark.triton

MORE = {
    **CASES,
    "groups exactly": Case(shape=(4, 8, 8), fill=1.1, sizes=(3,)),
    "a group and one": Case(shape=(1, 3, 43), fill=1.1, sizes=(40,)),
    "a group less one": Case(shape=(1, 1, 127), fill=1.1, sizes=(40,)),
}


@pytest.mark.parametrize("case", MORE.values(), ids=MORE.keys())
def test_triton_agrees_with_the_reference_point_for_point(
    case: Case, kernel_device: str
) -> None:
    labels = case.labels().to(kernel_device)
    packed = pack_points(case.skeletons()).to(torch.device(kernel_device))
    nearest, distance = triton_kernel.nearest_point_triton(
        labels, packed, case.spacing, distance=True
    )
    expected, gap = nearest_point_reference(labels, packed, case.spacing, distance=True)
    assert torch.equal(nearest, expected)
    torch.testing.assert_close(distance, gap, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int16, torch.int32, torch.int64], ids=str
)
def test_every_type_that_the_door_lets_through_gives_the_same(
    dtype: torch.dtype, kernel_device: str
) -> None:
    case = Case(shape=(5, 9, 7))
    packed = pack_points(case.skeletons()).to(torch.device(kernel_device))
    labels = case.labels().to(kernel_device)
    nearest, distance = triton_kernel.nearest_point_triton(
        labels.to(dtype), packed, case.spacing
    )
    assert distance is None
    expected, _ = nearest_point_reference(labels, packed, case.spacing)
    assert torch.equal(nearest, expected)
