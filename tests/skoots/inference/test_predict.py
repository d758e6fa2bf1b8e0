"""The first pass: what is predicted again, out of memory, asked to go elsewhere."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from inference_cases import (
    BASE,
    CodeNetwork,
    assert_same_arrays,
    code_model,
    drain,
    draw_boxes,
    noise,
    random_unet,
    unet_model,
)

import skoots
from skoots.errors import DeviceError
from skoots.events import BlockDone, Notice, RunStarted, StageStarted
from skoots.run.folder import RunFolder
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots.events import Event, RunFinished


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cells.skoots.zarr"


def small_job(out: Path) -> Generator[Event, Any, RunFinished]:
    """Eight blocks of noise; every step of the labels depends on the neighbours."""
    inference = {
        "PROBABILITY_THRESHOLD": 0.4,
        "SKELETON_THRESHOLD": 0.45,
        "SKELETON_DILATIONS_2D": 1,
        "GROW": 1,
        "MIN_OBJECT_VOXELS": 20,
    }
    model = unet_model(inference=inference)
    image = noise((20, 24, 24))
    return skoots.segment(image, model, out, tile_zyx=(32, 32, 32), resume=True)


@pytest.mark.parametrize("index", ["0.0.0", "1.1.1"])
def test_a_block_that_lost_its_marker_gets_its_final_labels_again(
    out: Path, index: str, tmp_path: Path
) -> None:
    drain(small_job(out))
    shutil.copytree(out, tmp_path / "before")
    (out / "state" / "predict" / f"{index}.npz").write_bytes(b"damaged")
    _, result = drain(small_job(out))
    assert result.blocks_done_before == result.blocks_total - 1
    assert_same_arrays(out, tmp_path / "before")


def test_a_job_closed_while_it_predicts_again_loses_nothing(
    out: Path, tmp_path: Path
) -> None:
    drain(small_job(out))
    shutil.copytree(out, tmp_path / "before")
    (out / "state" / "predict" / "0.0.0.npz").unlink()
    job = small_job(out)
    while not isinstance(next(job), BlockDone):
        pass
    job.close()
    drain(small_job(out))
    assert_same_arrays(out, tmp_path / "before")


def test_a_point_sent_when_memory_is_short_is_obeyed(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 128), (8, 8, 8))
    network = CodeNetwork()
    network.largest_call = 8 * 8 * 8
    job = skoots.segment(image, code_model(network=network), out, tile_zyx=(8, 8, 16))
    event = next(job)
    while not (isinstance(event, Notice) and "out of memory" in event.message):
        event = next(job)
    order = [job.send((4.0, 4.0, 100.0)), *(next(job) for _ in range(3))]
    starts = [e.box_zyx[2][0] for e in order if isinstance(e, BlockDone)]
    job.close()
    # two blocks were under way; the one after obeys
    assert starts[:3] == [0, 16, 96]


def test_nothing_is_shown_meanwhile_unless_it_is_asked_for(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 32), (8, 8, 8))
    job = skoots.segment(image, code_model(), out, tile_zyx=(8, 8, 8))
    event = next(job)
    while not (isinstance(event, StageStarted) and event.stage == "label"):
        event = next(job)
    job.close()
    assert not RunFolder.open(out).labels[:].any()


def test_a_resampled_run_computes_no_labels_that_nobody_sees(out: Path) -> None:
    image = np.repeat(draw_boxes((8, 8, 16), (8, 8, 8))[0], 2, axis=2)
    model = code_model(object_diameter=8.0)
    job = skoots.segment(
        image, model, out, diameter=16.0, tile_zyx=(8, 8, 8), preview=True
    )
    while not isinstance(next(job), BlockDone):
        pass
    job.close()
    run = RunFolder.open(out)
    assert run.plan.resampled
    assert not run.read(run.instances, whole(run.plan.shape_zyx)).any()


# ---- numbers that do not fit into sixteen bits


class Narrow(CodeNetwork):
    """Knows no answer for bright tiles in sixteen bits, and none for dark in any."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer = super().forward(x)
        narrow = torch.is_autocast_enabled("cpu")
        if (narrow and x.max() >= BRIGHT) or x.min() < 0:
            answer[0, 3, 0, 0, 0] = float("nan")
        return answer


BRIGHT = 2 * BASE**3
"""No code of `encode` is as large."""

SIXTEEN = ("bfloat16", "float16")


def begin_narrow(job: Generator[Event, Any, RunFinished], out: Path, name: str) -> None:
    """Lay out a run, and have it work in sixteen bits when it is resumed."""
    next(job)
    job.close()
    RunFolder.open(out).change_plan(number_format=name)


def notices(events: list[Event]) -> list[str]:
    return [e.message for e in events if isinstance(e, Notice)]


def bright_boxes() -> tuple[Any, Any]:
    """Four blocks of boxes, the last of which holds a voxel that is too bright."""
    image, labels = draw_boxes((8, 8, 32), (8, 8, 8))
    image[0, 0, 31] += BRIGHT
    return image, labels


@pytest.mark.parametrize("number_format", SIXTEEN)
def test_a_run_goes_on_in_float32_where_sixteen_bits_are_too_few(
    out: Path, number_format: str
) -> None:
    image, labels = bright_boxes()
    options: dict[str, Any] = {"tile_zyx": (8, 8, 8), "resume": True}
    model = code_model(network=Narrow())
    begin_narrow(skoots.segment(image, model, out, **options), out, number_format)
    events, _ = drain(skoots.segment(image, model, out, **options))
    (said,) = notices(events)
    assert f"in {number_format} is not a number: the run goes on in float32" in said
    assert f"Blocks that are done keep their answers in {number_format}." in said
    run = RunFolder.open(out)
    assert run.plan.number_format == "float32"
    assert run.summary is not None
    assert run.summary["number_formats"] == {number_format: 3, "float32": 1}
    np.testing.assert_array_equal(run.labels[:, :, :24], labels[:, :, :24])


def test_what_was_stopped_after_it_went_on_in_float32_is_resumed_in_it(
    out: Path,
) -> None:
    image, _ = bright_boxes()
    image = image[:, :, ::-1].copy()  # the first block is the bright one
    options: dict[str, Any] = {"tile_zyx": (8, 8, 8), "resume": True}
    model = code_model(network=Narrow())
    begin_narrow(skoots.segment(image, model, out, **options), out, "float16")
    job = skoots.segment(image, model, out, **options)
    while not isinstance(next(job), Notice):
        pass
    job.close()
    events, _ = drain(skoots.segment(image, model, out, **options))
    assert isinstance(events[0], RunStarted)
    assert events[0].number_format == "float32"
    assert notices(events) == []
    summary = RunFolder.open(out).summary
    assert summary is not None
    assert summary["number_formats"] == {"float32": 4}


def test_a_real_network_that_overflows_gives_the_arrays_of_float32(
    tmp_path: Path,
) -> None:
    network = random_unet()
    with torch.no_grad():
        network.stem[0].weight *= 1e6
    model = unet_model(network=network)
    image, narrow, wide = noise((16, 16, 24)), tmp_path / "a", tmp_path / "b"
    options: dict[str, Any] = {"tile_zyx": (32, 32, 32), "resume": True}
    begin_narrow(skoots.segment(image, model, narrow, **options), narrow, "float16")
    begin_narrow(skoots.segment(image, model, wide, **options), wide, "float32")
    events, _ = drain(skoots.segment(image, model, narrow, **options))
    assert len(notices(events)) == 1
    drain(skoots.segment(image, model, wide, **options))
    assert_same_arrays(narrow, wide)


def test_memory_may_be_short_after_the_numbers_became_wider(out: Path) -> None:
    class Large(Narrow):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            wide = not torch.is_autocast_enabled("cpu")
            self.largest_call = 8 * 8 * 16 if wide else None
            return super().forward(x)

    image, labels = bright_boxes()
    options: dict[str, Any] = {"tile_zyx": (8, 8, 32), "resume": True}
    model = code_model(network=Large())
    begin_narrow(skoots.segment(image, model, out, **options), out, "float16")
    events, result = drain(skoots.segment(image, model, out, **options))
    wider, smaller = notices(events)
    assert "goes on in float32" in wider
    assert "out of memory" in smaller
    assert result.tile_zyx == (8, 8, 16)
    got = RunFolder.open(out).labels[:, :, :24]
    np.testing.assert_array_equal(got, labels[:, :, :24])


def test_a_tile_shrinks_before_wider_numbers_fill_the_memory(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # where memory is short the system ends a process without a word
    monkeypatch.setattr(
        "skoots.inference.predict.bytes_per_voxel",
        lambda _, number_format: {"float32": 2e9 / 4 / (8 * 8 * 16)}[number_format],
    )
    monkeypatch.setattr("skoots.inference.predict.total_memory", lambda _: 10**9)
    image, _ = bright_boxes()
    model = code_model(network=Narrow())
    options: dict[str, Any] = {"tile_zyx": (8, 8, 32), "resume": True}
    begin_narrow(skoots.segment(image, model, out, **options), out, "bfloat16")
    events, result = drain(skoots.segment(image, model, out, **options))
    assert "fits into memory, a tile now reads (8, 8, 16)" in notices(events)[0]
    assert result.tile_zyx == (8, 8, 16)


@pytest.mark.parametrize("number_format", [*SIXTEEN, "float32"])
def test_an_answer_that_is_no_number_in_float32_is_an_error(
    out: Path, number_format: str
) -> None:
    image, _ = draw_boxes((8, 8, 8), (4, 4, 4))
    dark = image.astype(np.int64)
    dark[0, 0, 0] = -1
    model = code_model(network=Narrow())
    begin_narrow(skoots.segment(dark, model, out), out, number_format)
    with pytest.raises(DeviceError, match=r"not even in float32\. .* another model"):
        drain(skoots.segment(dark, model, out, resume=True))
    run = RunFolder.open(out)
    assert run.plan.number_format == "float32"
    assert not run.done_blocks("predict", "1")
