"""Sigma narrows after the epochs that settings name."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skoots.config import Settings, get_cfg_defaults
from skoots.errors import SettingsError
from skoots.train.sigma import Sigma, init_sigma


@pytest.mark.parametrize(
    ("epoch", "factor"),
    [
        pytest.param(0, 1, id="first"),
        pytest.param(200, 1, id="the epoch itself"),
        pytest.param(201, 0.66, id="after the first"),
        pytest.param(1501, 0.66**3, id="after three"),
        pytest.param(20001, 0.66**3 * 0.25, id="two at once"),
    ],
)
def test_the_published_defaults(epoch: int, factor: float) -> None:
    sigma = init_sigma(get_cfg_defaults(), "cpu")
    assert sigma(epoch).tolist() == pytest.approx([20 * factor] * 3)


@given(
    steps=st.lists(st.tuples(st.floats(0.1, 2), st.integers(0, 50)), max_size=5),
    epoch=st.integers(0, 60),
)
def test_sigma_is_the_product_of_what_went_before(
    steps: list[tuple[float, int]], epoch: int
) -> None:
    expected = torch.tensor([8.0, 4.0, 2.0])
    for multiplier, start in steps:
        expected = expected * (multiplier if start < epoch else 1)
    mappings = [{"multiplier": m, "epoch": e} for m, e in steps]
    for adjustments in (steps, mappings):
        sigma = Sigma(adjustments, [8.0, 4.0, 2.0])
        assert torch.allclose(sigma(epoch), expected)


def test_settings_say_the_axes_apart() -> None:
    train = {"INITIAL_SIGMA": [20, 10, 5], "SIGMA_DECAY": [[0.5, 3]]}
    sigma = init_sigma(Settings.from_dict({"TRAIN": train}), torch.device("cpu"))
    assert sigma(4).tolist() == [10, 5, 2.5]


def test_what_adjusts_nothing_is_named() -> None:
    with pytest.raises(SettingsError, match=r"\{'factor': 2\} adjusts no sigma"):
        Sigma([{"factor": 2}], [1.0, 1.0, 1.0])
    with pytest.raises(SettingsError, match="adjusts no sigma"):
        Sigma([(0.5, 1, 2)], [1.0, 1.0, 1.0])
