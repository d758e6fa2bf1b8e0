"""Learning rates at points that are known beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoots.config import Settings
from skoots.errors import SettingsError
from skoots.train.optimise.schedule import learning_rate_at

EPOCH, TOTAL = 10, 1000


def _rate(step: int, scheduler: str, warm_up: int = 0, period: int = 20) -> float:
    train = {
        "SCHEDULER": scheduler,
        "N_WARMUP": warm_up,
        "SCHEDULER_T0": period,
        "LEARNING_RATE": 2.0,
    }
    settings = {"TRAIN": train, "TRAINER": {"FINAL_LEARNING_RATE": 0.1}}
    return learning_rate_at(step, Settings.from_dict(settings), EPOCH, TOTAL)


@pytest.mark.parametrize(
    ("scheduler", "step", "share"),
    [
        ("constant", 0, 1.0),
        ("constant", 999, 1.0),
        ("cosine", 0, 1.0),
        ("cosine", 500, 0.55),
        ("cosine", 1000, 0.1),
        ("cosine", 1200, 0.1),
        ("cosine_annealing_warm_restarts", 0, 1.0),
        ("cosine_annealing_warm_restarts", 100, 0.55),
        ("cosine_annealing_warm_restarts", 200, 1.0),
        ("cosine_annealing_warm_restarts", 300, 0.55),
        ("one_cycle", 0, 0.04),
        ("one_cycle", 150, 0.52),
        ("one_cycle", 300, 1.0),
        ("one_cycle", 650, 0.55),
        ("one_cycle", 1000, 0.1),
    ],
)
def test_named_points(scheduler: str, step: int, share: float) -> None:
    assert _rate(step, scheduler) == pytest.approx(2 * share)


def test_a_restart_follows_the_lowest_rate() -> None:
    low, high = (_rate(n, "cosine_annealing_warm_restarts") for n in (199, 200))
    assert low == pytest.approx(0.2, abs=1e-3)
    assert high == 2


def test_warm_up_is_a_line_that_ends_at_the_full_rate() -> None:
    rates = [_rate(step, "constant", warm_up=100) for step in (0, 49, 99, 100)]
    assert rates == pytest.approx([0.02, 1.0, 2.0, 2.0])


def test_a_short_training_still_reaches_its_rate() -> None:
    assert _rate(498, "constant", warm_up=1500) < 2
    assert _rate(499, "constant", warm_up=1500) == 2


@given(step=st.integers(0, TOTAL - 1), warm_up=st.integers(0, 2 * TOTAL))
def test_rates_are_above_zero_and_never_above_the_greatest(
    step: int, warm_up: int
) -> None:
    for name in ("cosine", "cosine_annealing_warm_restarts", "one_cycle", "constant"):
        assert 0 < _rate(step, name, warm_up) <= 2 + 1e-12


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(SettingsError, match="'step' is not known"):
        _rate(0, "step")
