"""The last pass: a pyramid for viewers, no small objects, nothing that hurts twice."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr
from inference_cases import code_model, drain, draw_boxes, make_run

import skoots
from skoots.events import StageStarted
from skoots.inference import assign, finish, pyramid
from skoots.inference.pyramid import plan_levels
from skoots.run.folder import RunFolder
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import Event


@pytest.mark.parametrize(
    ("shape", "size", "steps"),
    [
        ((512, 512, 512), None, []),
        ((1, 2000, 1000), None, [(1, 2, 2), (1, 4, 4)]),
        ((1, 1, 1025), (1.0, 1.0, 9.0), [(1, 1, 2), (1, 1, 4)]),
        ((600, 600, 600), (4.0, 1.0, 1.0), [(1, 2, 2), (1, 4, 4), (2, 8, 8)]),
        ((2000, 3, 3), (1.0, 1.0, 1.0), [(2, 2, 2), (4, 4, 4)]),
    ],
    ids=str,
)
def test_a_pyramid_ends_and_keeps_voxels_near_to_cubes(
    shape: tuple[int, int, int],
    size: tuple[float, float, float] | None,
    steps: list[tuple[int, int, int]],
) -> None:
    levels = plan_levels(shape, size)
    assert [level.step for level in levels] == steps
    assert [level.number for level in levels] == list(range(1, len(steps) + 1))


def test_coarser_levels_hold_every_other_voxel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "PYRAMID_BELOW", 10)
    image, labels = draw_boxes((13, 30, 37), (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    drain(skoots.segment(image, code_model(), out, tile_zyx=(8, 16, 16)))
    group = zarr.open_group(out / "labels" / "instances", mode="r")
    (multiscale,) = group.attrs["ome"]["multiscales"]
    assert [d["path"] for d in multiscale["datasets"]] == ["0", "1", "2"]
    for dataset in multiscale["datasets"]:
        (scale,) = dataset["coordinateTransformations"]
        z, y, x = (int(s) for s in scale["scale"])
        np.testing.assert_array_equal(group[dataset["path"]], labels[::z, ::y, ::x])


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Two blocks: object 1 has two voxels, one in each; object 2 has one::

    1 . 2 . | 1 . . .
    """
    run = make_run(tmp_path / "a.skoots.zarr", (1, 1, 8), (1, 1, 4))
    ids = np.array([[[1, 0, 2, 0, 1, 0, 0, 0]]], np.uint32)
    run.write(run.instances, whole((1, 1, 8)), ids)
    for block, found in zip(run.blocks, ([1, 2], [1]), strict=True):
        tables = {"ids": np.array(found, np.uint32), "counts": np.ones(len(found))}
        run.markers.mark(assign.STAGE, block, "key", tables)
    return run


def labels_after(run: RunFolder, least: int) -> tuple[list[int], int]:
    _, objects = drain(finish.finish(run, run.blocks, "key", least))
    return run.read(run.instances, whole((1, 1, 8)))[0, 0].tolist(), objects


def test_an_object_is_as_large_as_all_its_parts(run: RunFolder) -> None:
    assert labels_after(run, 1) == ([1, 0, 2, 0, 1, 0, 0, 0], 2)
    assert labels_after(run, 2) == ([1, 0, 0, 0, 1, 0, 0, 0], 1)
    assert labels_after(run, 2) == ([1, 0, 0, 0, 1, 0, 0, 0], 1)
    assert labels_after(run, 3) == ([0] * 8, 0)


def test_a_process_that_dies_between_two_blocks_can_do_it_again(run: RunFolder) -> None:
    job = finish.finish(run, run.blocks, "key", 3)
    next(job)
    next(job)  # the first block is written
    job.close()
    assert labels_after(run, 3) == ([0] * 8, 0)


def finish_events(run: RunFolder, least: int = 2) -> list[Event]:
    return drain(finish.finish(run, run.blocks, "key", least))[0]


def test_blocks_that_are_finished_are_not_finished_again(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "PYRAMID_BELOW", 2)
    job = finish.finish(run, run.blocks, "key", 2)
    assert next(job) == StageStarted("finish", 0, 4)  # two blocks, two levels
    next(job)
    next(job)
    next(job)
    job.close()
    events = finish_events(run)
    assert events[0] == StageStarted("finish", 3, 4)
    assert len(events) == 2
    assert run.read("labels/instances/1", whole((1, 1, 4)))[0, 0].tolist() == [1, 0] * 2
    assert run.read("labels/instances/2", whole((1, 1, 2)))[0, 0].tolist() == [1, 1]
    assert finish_events(run) == [StageStarted("finish", 4, 4)]


def test_what_is_assigned_again_is_finished_again(run: RunFolder) -> None:
    finish_events(run)
    run.markers.unmark(assign.STAGE, run.blocks[0])
    tables = {"ids": np.array([1, 2], np.uint32), "counts": np.ones(2)}
    run.markers.mark(assign.STAGE, run.blocks[0], "key", tables)
    assert finish_events(run)[0] == StageStarted("finish", 0, 2)


def test_a_level_that_is_gone_is_made_again(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "PYRAMID_BELOW", 4)
    finish_events(run, 1)
    shutil.rmtree(run.path / "labels" / "instances" / "1")
    run = RunFolder.open(run.path)
    assert finish_events(run, 1)[0] == StageStarted("finish", 0, 1)
    assert run.read("labels/instances/1", whole((1, 1, 4))).any()
