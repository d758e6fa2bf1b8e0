"""What is said of a run before it begins, against what it then does."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_cases import drain, noise, unet_model

from skoots import segment
from skoots.errors import RunError, SettingsError, TilingError
from skoots.events import BlockDone, RunStarted
from skoots.inference.estimate import estimate, measure_pace
from skoots.inference.tile_reader import tiles_of
from skoots.run.folder import RunFolder
from skoots.volume.source import open_source
from skoots.volume.tiling import box_shape

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.volume.tiling import Box

ASKED: dict[str, dict[str, Any]] = {
    "whole": {},
    "region": {"region": ((0, 17), (20, 41), (0, 5))},
    "tile": {"tile_zyx": (32, 48, 48)},
    "diameter": {"diameter": 20.0, "tile_zyx": (32, 48, 48)},
}


class Unreadable:
    """A volume that must not be read."""

    name, path, notes = "large", None, ()
    shape, dtype, voxel_size = (4000, 30000, 30000), np.dtype("u1"), (0.01, 0.01, 0.01)

    def read(self, box: Box) -> Any:
        raise AssertionError("an estimate reads nothing")

    def signature(self) -> str:
        raise AssertionError("an estimate signs nothing")


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_the_run_does_what_was_estimated(tmp_path: Path, asked: dict[str, Any]) -> None:
    source = open_source(noise((33, 50, 47)))
    model = unet_model(object_diameter=16.0)
    said = estimate(source, model, device="cpu", **asked)
    path = tmp_path / "a.skoots.zarr"
    events, _ = drain(segment(source, model, path, device="cpu", **asked))
    started = next(e for e in events if isinstance(e, RunStarted))
    assert said.blocks == said.tiles == started.blocks_total
    assert said.grid_zyx == started.shape_zyx
    assert said.number_format == started.number_format
    predicted = [e for e in events if isinstance(e, BlockDone) and e.stage == "predict"]
    plan = RunFolder.open(path).plan
    done = {tuple(a for a, _ in e.box_zyx) for e in predicted}
    read = sum(
        math.prod(n + p for n, p in zip(box_shape(tile.read), tile.pad, strict=True))
        for block in RunFolder.open(path).blocks
        if tuple(span.start for span in block.core) in done
        for tile in tiles_of(block, plan)
    )
    assert said.voxels_read == read


def test_a_huge_volume_is_estimated_at_once_and_unread() -> None:
    image, model = Unreadable(), unet_model()
    estimate(image, model, device="cpu")
    started = time.perf_counter()
    said = estimate(image, model, device="cpu", pace=1e-6)
    assert time.perf_counter() - started < 0.2  # 0.003 s on a quiet machine
    assert said.bytes_on_disk > 3_600_000_000_000
    assert said.seconds is not None
    assert said.seconds > said.voxels_read * 1e-6


def test_without_a_pace_there_is_no_time() -> None:
    assert estimate(open_source(noise((8, 8, 8))), unet_model()).seconds is None


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"region": ((0, 9), (0, 8), (0, 8))}, RunError),
        ({"resample": True}, SettingsError),
        ({"tile_zyx": (20, 32, 32)}, TilingError),
        ({"config": {"INFERENCE": {"HOP": 1}}}, SettingsError),
    ],
    ids=["region", "scale", "tile", "setting"],
)
def test_what_segment_refuses_is_refused_before(
    asked: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        estimate(open_source(noise((8, 8, 8))), unet_model(), **asked)


def test_the_pace_is_that_of_the_network() -> None:
    started = time.perf_counter()
    pace = measure_pace(unet_model(), "cpu")
    assert time.perf_counter() - started < 20  # about 1 s on a quiet machine
    assert 1e-10 < pace < 1e-4
