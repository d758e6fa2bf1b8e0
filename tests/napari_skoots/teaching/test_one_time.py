"""What is painted belongs to one time point, and is hidden at all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exercise_cases import SHAPE

if TYPE_CHECKING:
    from exercise_cases import Taught


@pytest.fixture
def movie(taught: Taught) -> Any:
    """The teaching layer of the third time of six."""
    stack = (
        np.zeros((6, *SHAPE), np.uint8)
        + np.arange(6, dtype=np.uint8)[:, None, None, None]
    )
    taught.viewer.add_image(stack, name="movie")
    taught.images.set_time(2)
    return taught.new_layer()


def test_a_new_layer_shows_its_time(taught: Taught, movie: Any) -> None:
    assert taught.viewer.dims.current_step[0] == 2
    assert movie.visible
    assert movie.mode == "paint"


def test_at_another_time_nothing_of_it_is_seen_or_painted(
    taught: Taught, movie: Any
) -> None:
    taught.exercise.set_skeletons(True)
    points, hidden = taught.viewer.layers["movie skeletons"], "belongs to time 2"
    taught.viewer.dims.set_current_step(0, 4)
    assert hidden in taught.viewer.status
    layers = (movie, taught.boxes, points)
    assert not any(layer.visible for layer in layers)
    assert movie.mode == "pan_zoom"
    movie.visible = True
    assert not movie.visible, "who shows it there would paint into another time"
    taught.exercise.set_everything(True)
    taught.viewer.dims.set_current_step(0, 2)
    assert movie.visible
    assert points.visible
    assert movie.mode == "paint"
    assert not taught.boxes.visible
    taught.exercise.set_everything(False)
    assert taught.boxes.visible


def test_who_asks_for_it_is_brought_to_its_time(taught: Taught, movie: Any) -> None:
    for ask in (
        taught.exercise.new_layer,
        taught.exercise.draw_box,
        lambda: taught.exercise.set_accepting(True),
    ):
        taught.viewer.dims.set_current_step(0, 5)
        ask()
        assert taught.viewer.dims.current_step[0] == 2
    taught.viewer.dims.set_current_step(0, 5)
    taught.viewer.dims.set_current_step(0, 2)
    assert taught.exercise.view.accepting
