"""What the third pass reads: nothing of strangers' blocks, and a chunk once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from inference_cases import drain, make_run, record_reads, settings_with

from skoots.inference.label import label
from skoots.inference.labelled import open_labelled
from skoots.volume.tiling import box_slices, whole

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.run.folder import RunFolder


SHAPE = (5, 9, 11)
"""Blocks and chunks are cut at the far faces."""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Noise in eighteen blocks."""
    run = make_run(tmp_path / "a.skoots.zarr", SHAPE, (4, 4, 4))
    for seed, name in enumerate(("probability", "skeleton", "vectors")):
        array = run.read(name, whole(SHAPE))
        noise = np.random.default_rng(seed).integers(-127, 128, array.shape)
        run.write(name, whole(SHAPE), noise.astype(np.int8).view(array.dtype))
    return run


def test_blocks_that_are_labelled_hold_what_is_stored_and_others_nothing(
    run: RunFolder,
) -> None:
    some = run.blocks[1::3]
    _, merged = drain(label(run, some, settings_with().INFERENCE))
    labelled = open_labelled(run, merged, 127)
    everywhere = box_slices(whole(SHAPE))
    inside = np.zeros(SHAPE, bool)
    for block in some:
        inside[box_slices(block.core)] = True
    vectors, probability, components = (
        run.read(name, whole(SHAPE)) * inside
        for name in ("vectors", "probability", "components")
    )
    np.testing.assert_array_equal(labelled.vectors[(slice(0, 3), *everywhere)], vectors)
    np.testing.assert_array_equal(labelled.foreground[everywhere], probability > 127)
    ids = labelled.ids[everywhere]
    np.testing.assert_array_equal(ids > 0, components > 0)
    assert set(np.unique(ids[ids > 0])) == set(range(1, merged.skeletons + 1))


def test_neighbours_that_want_a_chunk_read_it_once(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, merged = drain(label(run, run.blocks, settings_with().INFERENCE))
    read = record_reads(monkeypatch)
    labelled = open_labelled(run, merged, 127)
    for start in range(6):
        labelled.foreground[0:5, 0:9, start : start + 5]
    assert len(read) == len(set(read)) == len(run.blocks)
    assert {name for name, _ in read} == {"probability"}
