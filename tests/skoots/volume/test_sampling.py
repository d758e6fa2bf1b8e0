"""Samples are spread evenly, bounded and always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.volume.sampling import SAMPLES, sample_boxes
from skoots.volume.source import open_source
from skoots.volume.tiling import box_slices, whole

if TYPE_CHECKING:
    from skoots._types import Shape3


@settings(deadline=None)
@given(shape=st.tuples(*[st.integers(1, 60)] * 3), edge=st.integers(1, 70))
def test_boxes_of_a_sample_lie_inside_and_never_overlap(
    shape: Shape3, edge: int
) -> None:
    boxes = sample_boxes(shape, edge=edge)
    assert 1 <= len(boxes) <= SAMPLES
    seen = np.zeros(shape, int)
    for box in boxes:
        assert all(0 <= s.start < s.stop <= n for s, n in zip(box, shape, strict=True))
        seen[box_slices(box)] += 1
    assert seen.max() == 1


@pytest.mark.parametrize(
    "shape",
    [(4096, 4096, 4096), (10, 20000, 20000), (1, 1, 10**6), (2000, 64, 64)],
    ids=["cube", "sheet", "line", "column"],
)
def test_samples_reach_both_ends_of_every_long_axis(shape: Shape3) -> None:
    boxes = sample_boxes(shape)
    assert len(boxes) > 20
    for axis, length in enumerate(shape):
        assert min(box[axis].start for box in boxes) == 0 or length < 128
        assert max(box[axis].stop for box in boxes) == length or length < 128


def test_small_volumes_are_covered_whole() -> None:
    seen = np.zeros((20, 300, 30), int)
    for box in sample_boxes((20, 300, 30), whole_below=10**6):
        seen[box_slices(box)] += 1
    assert (seen == 1).all()


def test_a_signature_knows_voxels_shape_and_type_and_not_the_storage() -> None:
    array = np.arange(4 * 6 * 8, dtype=np.uint16).reshape(4, 6, 8)
    changed = array.copy()
    changed[3, 5, 7] += 1
    sign = {
        "same": open_source(array).signature(),
        "changed": open_source(changed).signature(),
        "turned": open_source(array.reshape(6, 4, 8)).signature(),
        "signed": open_source(array.astype(np.int16)).signature(),
    }
    assert len(set(sign.values())) == 4
    assert open_source(array.astype(">u2")).signature() == sign["same"]
    assert open_source(np.asfortranarray(array)).signature() == sign["same"]


def test_reading_an_array_copies_it() -> None:
    array = np.zeros((2, 3, 4), np.float32)
    source = open_source(array)
    source.read(whole(source.shape))[:] = 1
    assert not array.any()
