"""What napari gets when it asks the plugin for something."""

from __future__ import annotations

import numpy as np
import pytest

from napari_skoots.plugin import open_mito


def test_the_sample_is_an_image_on_disk_with_scale_and_units() -> None:
    ((data, keywords, kind),) = open_mito()
    assert kind == "image"
    assert not isinstance(data, np.ndarray)
    assert data.shape == (64, 224, 224)
    assert keywords["scale"] == pytest.approx((0.01, 0.01, 0.01))
    assert keywords["units"] == ("um", "um", "um")
    assert keywords["axis_labels"] == ("z", "y", "x")


def test_a_plane_of_the_sample_reads_as_numpy() -> None:
    ((data, _, _),) = open_mito()
    plane = np.asarray(data[10])
    assert plane.shape == data.shape[1:]
    assert plane.std() > 0
