"""A coarse copy of labels is what a stride over them gives, also while they change."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inference_cases import code_model, drain, draw_boxes, make_run, record_reads

import skoots
from skoots.events import result_of
from skoots.run import coarse_labels as module
from skoots.run.coarse_labels import CoarseLabels, coarse_steps
from skoots.run.folder import RunFolder
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from pathlib import Path

    from skoots._types import Shape3

SHAPE = (19, 70, 45)


@pytest.fixture(autouse=True)
def _few_voxels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "coarse_steps", lambda *_: (2, 4, 4))


def filled_run(path: Path) -> tuple[RunFolder, np.ndarray]:
    run = make_run(path, SHAPE, (8, 32, 32))
    labels = np.random.default_rng(0).integers(0, 99, SHAPE, dtype=np.uint32)
    for block in run.blocks:
        z, y, x = (span.slice for span in block.core)
        run.write("labels/instances/0", block.core, labels[z, y, x])
    return run, labels


def test_it_holds_each_so_many_th_voxel(tmp_path: Path) -> None:
    run, labels = filled_run(tmp_path / "a.skoots.zarr")
    coarse = CoarseLabels(run)
    assert result_of(coarse.update()) > 1
    np.testing.assert_array_equal(coarse.data, labels[::2, ::4, ::4])


def test_only_what_was_written_since_is_read_again(tmp_path: Path) -> None:
    run, labels = filled_run(tmp_path / "a.skoots.zarr")
    coarse = CoarseLabels(run)
    result_of(coarse.update())
    assert not coarse.stale
    assert result_of(coarse.update()) == 0
    box = (Span(8, 16), Span(32, 64), Span(32, 45))
    run.write("labels/instances/0", box, np.full((8, 32, 13), 7, np.uint32))
    labels[8:16, 32:64, 32:45] = 7
    assert coarse.stale
    assert result_of(coarse.update()) == 1
    np.testing.assert_array_equal(coarse.data, labels[::2, ::4, ::4])


def test_what_it_had_not_read_when_it_was_closed_is_read_the_next_time(
    tmp_path: Path,
) -> None:
    run, labels = filled_run(tmp_path / "a.skoots.zarr")
    coarse = CoarseLabels(run)
    job = coarse.update()
    next(job)
    next(job)
    job.close()
    result_of(coarse.update())
    np.testing.assert_array_equal(coarse.data, labels[::2, ::4, ::4])


def test_nothing_is_listed_of_a_huge_run_that_nobody_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "coarse_steps", coarse_steps)
    run = make_run(tmp_path / "a.skoots.zarr", (2000, 16000, 16000), (16, 256, 256))
    start = perf_counter()
    coarse = CoarseLabels(run)
    assert coarse.stale
    assert perf_counter() - start < 0.2


def test_of_an_unfinished_run_only_what_is_there_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "a.skoots.zarr", SHAPE, (8, 32, 32))
    labels = np.zeros(SHAPE, np.uint32)
    z, y, x = (span.slice for span in run.blocks[7].core)
    labels[z, y, x] = 9
    run.write("labels/instances/0", run.blocks[7].core, labels[z, y, x])
    read = record_reads(monkeypatch)
    coarse = CoarseLabels(run)
    assert result_of(coarse.update()) == len(read) == 1
    np.testing.assert_array_equal(coarse.data, labels[::2, ::4, ::4])
    run.write("labels/instances/0", run.blocks[7].core, labels[z, y, x] * 0)
    assert result_of(coarse.update()) == 1
    assert not coarse.data.any()
    assert not coarse.stale


def test_the_pyramid_of_a_finished_run_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, labels = draw_boxes((8, 8, 700), (8, 8, 7))
    drain(skoots.segment(image, code_model(), tmp_path / "a", tile_zyx=(8, 8, 64)))
    run = RunFolder.open(tmp_path / "a")
    assert run.shape_of("labels/instances/1") == (4, 4, 350)
    monkeypatch.setattr(module, "coarse_steps", lambda *_: (2, 2, 4))
    monkeypatch.setattr(module, "_MOST_CHUNKS", 1)
    read = record_reads(monkeypatch)
    coarse = CoarseLabels(run)
    result_of(coarse.update())
    assert [name for name, _ in read] == ["labels/instances/1"]
    np.testing.assert_array_equal(coarse.data, labels[::2, ::2, ::4])
    chunk = (Span(0, 8), Span(0, 8), Span(0, 64))
    run.write("labels/instances/0", chunk, np.zeros((8, 8, 64), np.uint32))
    result_of(coarse.update())
    assert not coarse.data[:, :, :16].any()
    np.testing.assert_array_equal(coarse.data[:, :, 16:], labels[::2, ::2, 64::4])


@given(
    st.tuples(*[st.integers(1, 5000)] * 3),
    st.tuples(*[st.floats(0.01, 2)] * 3),
    st.integers(1, 10**7),
)
def test_steps_keep_no_more_voxels_than_can_be_drawn(
    shape: Shape3, size: tuple[float, float, float], most: int
) -> None:
    steps = coarse_steps(shape, size, most)
    kept = [-(-n // s) for n, s in zip(shape, steps, strict=True)]
    assert np.prod(kept) <= most
    assert max(kept) <= 512
