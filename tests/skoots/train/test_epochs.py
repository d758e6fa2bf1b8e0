"""Which samples a step takes is a function of the seed and the step alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import TrainingError
from skoots.train.epochs import Epochs, Stream, random_numbers


@given(
    samples=st.integers(1, 30),
    batch=st.integers(1, 5),
    world=st.integers(1, 4),
    epoch=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_an_epoch_takes_each_sample_and_some_again_to_fill_the_last_step(
    samples: int, batch: int, world: int, epoch: int
) -> None:
    taken = []
    for rank in range(world):
        epochs = Epochs(samples, batch, seed=5, rank=rank, world=world)
        first = epoch * epochs.steps
        for step in range(first, first + epochs.steps):
            draws = epochs.draws(step)
            assert len(draws) == batch
            assert {draw.epoch for draw in draws} == {epoch}
            taken += draws
    assert sorted(draw.place for draw in taken) == list(range(len(taken)))
    once = [draw.index for draw in taken if draw.place < samples]
    assert sorted(once) == list(range(samples))
    assert len(taken) - samples < batch * world


def test_epochs_differ_and_the_same_seed_gives_them_again() -> None:
    one, again = (Epochs(20, 20, seed=1) for _ in range(2))
    assert one.draws(0) == again.draws(0)
    assert [d.index for d in one.draws(0)] != [d.index for d in one.draws(1)]
    assert one.draws(0) != Epochs(20, 20, seed=2).draws(0)


def test_a_place_has_random_numbers_of_its_own() -> None:
    drawn = {
        random_numbers(seed, stream, *place).integers(1 << 60)
        for seed in (0, 1)
        for stream in (Stream.SAMPLE, Stream.VALIDATION)
        for place in ((0, 0), (0, 1), (1, 0))
    }
    assert len(drawn) == 12


def test_no_sample_is_an_error_that_names_the_keys() -> None:
    with pytest.raises(TrainingError, match=r"TRAIN\.TRAIN_SAMPLE_PER_IMAGE"):
        Epochs(0, 1, seed=0)
