"""Names for the five channels."""

from __future__ import annotations

import pytest
import torch

from skoots.errors import ShapeError
from skoots.model.prediction import Prediction


@pytest.mark.parametrize("batch", [(), (2,)], ids=["one image", "batch"])
def test_channels_are_parted_without_a_copy(batch: tuple[int, ...]) -> None:
    out = torch.arange(5.0).view(5, 1, 1, 1).expand(*batch, 5, 2, 3, 4).clone()
    parts = Prediction.split(out)
    assert parts.vectors.shape == (*batch, 3, 2, 3, 4)
    assert parts.skeleton.shape == parts.probability.shape == (*batch, 1, 2, 3, 4)
    assert parts.skeleton.eq(3).all()
    assert parts.probability.eq(4).all()
    assert parts.vectors.data_ptr() == out.data_ptr()


@pytest.mark.parametrize("shape", [(4, 2, 2, 2), (5, 2, 2), (1, 4, 5, 2, 2)])
def test_four_channels_are_no_prediction(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="five channels"):
        Prediction.split(torch.zeros(shape))
