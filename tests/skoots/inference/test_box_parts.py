"""A box is cut at the seams of blocks, once everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.inference.box_parts import keep_blocks, split_box
from skoots.volume.tiling import Span, box_shape

spans = st.tuples(st.integers(0, 20), st.integers(1, 20)).map(
    lambda pair: Span(pair[0], pair[0] + pair[1])
)


@settings(max_examples=50, deadline=None)
@given(box=st.tuples(spans, spans, spans), block=st.tuples(*[st.integers(1, 9)] * 3))
def test_every_voxel_lies_in_one_part_and_in_its_block(
    box: tuple[Span, Span, Span], block: tuple[int, int, int]
) -> None:
    owner = np.full((3, *box_shape(box)), -1)
    for index, part in split_box(box, block):
        assert (owner[:, *part] == -1).all()
        owner[:, *part] = np.array(index).reshape(3, 1, 1, 1)
    places = np.indices(box_shape(box))
    for axis, span in enumerate(box):
        np.testing.assert_array_equal(
            owner[axis], (places[axis] + span.start) // block[axis]
        )


def test_only_kept_blocks_stay() -> None:
    mask = np.ones((1, 1, 5), bool)
    keep_blocks(mask, (Span(0, 1), Span(0, 1), Span(3, 8)), (4, 4, 4), {(0, 0, 1)})
    assert mask[0, 0].tolist() == [False, True, True, True, True]
