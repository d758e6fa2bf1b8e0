"""Averaging within objects: the compiled twin against its definition."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.lib.averaging import average_within, average_within_reference


def _random(
    seed: int, shape: tuple[int, int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn((3, *shape), generator=generator) * 10
    labels = torch.randint(0, 3, shape, generator=generator, dtype=torch.int32)
    return values, labels


@given(
    seed=st.integers(0, 2**16),
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    radius=st.integers(0, 3),
)
@settings(deadline=None, max_examples=60)
def test_the_compiled_twin_equals_the_definition(
    seed: int, shape: tuple[int, int, int], radius: int
) -> None:
    values, labels = _random(seed, shape)
    for wanted in (labels, torch.ones_like(labels)):
        expected = average_within_reference(values, wanted, labels, radius)
        found = average_within(values, wanted, labels, radius)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_the_definition_is_the_mean_over_neighbours_of_the_same_object() -> None:
    values, labels = _random(0, (5, 6, 7))
    mean = average_within_reference(values, labels, labels)
    x, y, z = 2, 0, 6
    labels[x, y, z] = labels[x, y, z].clamp(min=1)
    mean = average_within_reference(values, labels, labels)
    box = (slice(1, 4), slice(0, 2), slice(5, 7))
    same = labels[box] == labels[x, y, z]
    torch.testing.assert_close(mean[:, x, y, z], values[:, *box][:, same].mean(dim=1))


@pytest.mark.parametrize("large", [False, True], ids=["one-call", "in-ranges"])
def test_a_constant_stays_exactly_what_it_is(large: bool) -> None:
    shape = (70, 60, 40) if large else (5, 5, 5)
    values = torch.full((3, *shape), 12345.67)
    labels = torch.ones(shape, dtype=torch.int32)
    assert (average_within(values, labels, labels) == values).all()
