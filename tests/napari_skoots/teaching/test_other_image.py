"""What a job opened belongs to the image that was chosen when it began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from exercise_cases import SHAPE, TIMEOUT, grey
from test_copying import labels

from napari_skoots.jobs import Job

if TYPE_CHECKING:
    from exercise_cases import Taught


def settled(taught: Taught) -> Any:
    taught.qtbot.waitUntil(
        lambda: not taught.board.busy and not Job._running, timeout=TIMEOUT
    )
    return taught.counted()


def two_images(taught: Taught) -> tuple[Any, Any]:
    """Give the images a and b, of which a is chosen; b lies elsewhere."""
    first, other = taught.open_image("a"), taught.open_image("b", seed=3)
    other.scale = (1.0, 2.0, 2.0)
    taught.images.choose(str(first.unique_id))
    return first, other


def test_an_image_that_is_chosen_while_another_is_copied_gets_nothing_of_it(
    taught: Taught,
) -> None:
    first, other = two_images(taught)
    layer = taught.viewer.add_labels(labels(), name="found")
    taught.exercise.copy_layer(str(layer.unique_id), True)
    taught.images.choose(str(other.unique_id))
    view = settled(taught)
    assert (view.image, view.layer) == ("b", "")
    assert taught.exercise.example is None
    taught.images.choose(str(first.unique_id))
    assert taught.exercise.view.everything, "it belongs to the image of the labels"
    shown = taught.new_layer()
    assert shown.name == "a teaching"
    np.testing.assert_allclose(shown.scale, first.scale)
    np.testing.assert_array_equal(np.asarray(shown.data), labels())


def test_an_image_that_is_chosen_while_a_layer_is_made_gets_its_own(
    taught: Taught,
) -> None:
    _, other = two_images(taught)
    taught.exercise.new_layer()
    taught.images.choose(str(other.unique_id))
    assert settled(taught).layer == ""
    assert taught.new_layer().name == "b teaching"
    assert [one.name for one in taught.exercise.project.examples] == ["a", "b"]


def test_an_image_that_is_opened_again_elsewhere_takes_its_layers_there(
    taught: Taught,
) -> None:
    image = taught.open_image()
    layer = taught.new_layer()
    taught.viewer.layers.remove(image)
    tifffile.imwrite(taught.folder / "cells.tif", grey(), metadata={"axes": "ZYX"})
    (again,) = taught.images.open_file(taught.folder / "cells.tif")
    settled(taught)
    assert layer.data.shape == SHAPE
    np.testing.assert_allclose(layer.scale, again.scale)
    np.testing.assert_allclose(taught.boxes.scale, again.scale)
