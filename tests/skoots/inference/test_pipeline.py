"""From an image to labels: right at every face, however it is cut or interrupted."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from inference_cases import (
    CodeNetwork,
    assert_same_arrays,
    code_model,
    drain,
    draw_boxes,
    encode,
    noise,
    read_arrays,
    unet_model,
)

import skoots
from skoots.errors import (
    CheckpointError,
    RunBusyError,
    RunError,
    RunExistsError,
    SettingsError,
    SkootsError,
    TilingError,
)
from skoots.events import BlockDone, Notice, RunFinished, RunStarted, StageStarted
from skoots.model.checkpoint import Normalization
from skoots.run.folder import RunFolder
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.events import Event
    from skoots.model.checkpoint import Checkpoint

SHAPE = (13, 30, 37)
BOX = (5, 6, 7)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cells.skoots.zarr"


def labels_of(run: Path) -> np.ndarray:
    return np.asarray(zarr.open_group(run, mode="r")["labels/instances/0"])


def notices(events: list[Event]) -> str:
    return "\n".join(e.message for e in events if isinstance(e, Notice))


# ---- right answers


@pytest.mark.parametrize(
    "shape",
    [SHAPE, (1, 1, 2), (1, 30, 37), (13, 1, 1), (2, 3, 4), (16, 16, 16), (17, 33, 9)],
    ids=str,
)
@pytest.mark.parametrize("tile", [(8, 8, 8), (16, 24, 8), (64, 64, 64)], ids=str)
def test_every_voxel_up_to_each_face_gets_its_label(
    out: Path, shape: Shape3, tile: Shape3
) -> None:
    image, labels = draw_boxes(shape, BOX)
    events, result = drain(skoots.segment(image, code_model(), out, tile_zyx=tile))
    np.testing.assert_array_equal(labels_of(out), labels)
    assert result.objects == labels.max()
    assert isinstance(events[0], RunStarted)
    assert events[-1] is result
    assert result.tile_zyx == tile
    assert result.blocks_total == events[0].blocks_total


def test_the_tile_is_chosen_where_nobody_says(out: Path) -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    _, result = drain(skoots.segment(image, code_model(), out))
    np.testing.assert_array_equal(labels_of(out), labels)
    assert result.tile_zyx == RunFolder.open(out).plan.tile_zyx


def test_ids_go_beyond_sixteen_bits(out: Path) -> None:
    """42 x 42 x 42 objects of two voxels each, with a gap between them."""
    n = 42
    shape = (2 * n, 2 * n, 3 * n)
    skeleton, known = np.zeros((2, *shape), bool)
    skeleton[::2, ::2, ::3] = True
    known[::2, ::2, ::3] = known[::2, ::2, 1::3] = True
    vectors = np.zeros((3, *shape), np.int64)
    vectors[2, :, :, 1::3] = -1
    image = encode(vectors, skeleton, known)
    _, result = drain(skoots.segment(image, code_model(), out, tile_zyx=(40, 48, 64)))
    assert result.objects == n**3
    labels = labels_of(out)
    assert labels.dtype == np.uint32
    expected = np.arange(1, n**3 + 1).reshape(n, n, n)
    np.testing.assert_array_equal(labels[::2, ::2, ::3], expected)
    np.testing.assert_array_equal(labels[::2, ::2, 1::3], expected)
    assert np.count_nonzero(labels) == 2 * n**3


def test_small_objects_are_dropped_and_come_back(out: Path) -> None:
    image, labels = draw_boxes((8, 8, 20), (8, 8, 7))  # 448, 448 and 384 voxels
    few, many = ({"INFERENCE": {"MIN_OBJECT_VOXELS": n}} for n in (400, 1))
    _, result = drain(skoots.segment(image, code_model(), out, few, tile_zyx=(8,) * 3))
    assert result.objects == 2
    np.testing.assert_array_equal(labels_of(out), np.where(labels == 3, 0, labels))
    _, result = drain(skoots.segment(image, code_model(), out, many, resume=True))
    assert result.objects == 3
    np.testing.assert_array_equal(labels_of(out), labels)


def test_a_local_network_gives_the_same_arrays_for_all_tiles(tmp_path: Path) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    for name, tile in (("a", (8, 16, 16)), ("b", (16, 8, 40))):
        job = skoots.segment(image, code_model(), tmp_path / name, tile_zyx=tile)
        drain(job)
    one, other = read_arrays(tmp_path / "a"), read_arrays(tmp_path / "b")
    for name in ("probability", "skeleton", "vectors", "labels/instances/0"):
        np.testing.assert_array_equal(one[name], other[name])


def test_a_halo_of_the_networks_reach_makes_tiles_invisible(tmp_path: Path) -> None:
    """Ten 3x3x3 convolutions at four scales see about 40 voxels far."""
    image = noise((8, 16, 112))
    halo = (0, 0, 48)
    for name, tile in (("a", (8, 16, 112)), ("b", (8, 16, 208))):
        model = unet_model(halo_zyx=halo)
        job = skoots.segment(image, model, tmp_path / name, tile_zyx=tile)
        drain(job)
    one, other = read_arrays(tmp_path / "a"), read_arrays(tmp_path / "b")
    for name in ("probability", "skeleton", "vectors"):
        difference = one[name].astype(int) - other[name].astype(int)
        assert np.abs(difference).max() <= 2  # sums are rounded in another order


# ---- interruptions


def small_job(out: Path, **options: Any) -> Generator[Event, Any, RunFinished]:
    """12 blocks of a real network."""
    options = {"tile_zyx": (24, 32, 32), "halo_zyx": (8, 8, 8), **options}
    return skoots.segment(noise((10, 30, 37)), unet_model(), out, **options)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "cells.skoots.zarr"
    _, result = drain(small_job(out))
    assert result.objects > 3
    assert (result.blocks_total, result.blocks_done_before) == (12, 0)
    return out


def close_after(out: Path, events: int) -> bool:
    """Stop a job after some events; tell whether it was still going on."""
    threads = threading.active_count()
    job = small_job(out, resume=True)
    for _ in range(events):
        if next(job, None) is None:
            return False
    job.close()
    assert threading.active_count() <= threads
    return True


def test_closing_at_any_event_loses_nothing(out: Path, whole_run: Path) -> None:
    events = 1
    while close_after(out, events):
        events += 4
        assert events < 60
    assert_same_arrays(out, whole_run)


def test_a_closed_run_is_free_and_not_finished(out: Path) -> None:
    job = small_job(out)
    for event in job:
        if isinstance(event, BlockDone):
            break
    with pytest.raises(RunBusyError, match="Another job"):
        next(small_job(out, resume=True))
    job.close()
    assert not RunFolder.open(out).finished
    _, result = drain(small_job(out, resume=True))
    assert 0 < result.blocks_done_before < result.blocks_total
    assert RunFolder.open(out).finished


def test_a_job_may_be_closed_in_another_thread(out: Path) -> None:
    job = small_job(out)
    next(job)
    closer = threading.Thread(target=job.close)
    closer.start()
    closer.join()
    next(small_job(out, resume=True))


@pytest.mark.parametrize("options", [{"resume": True}, {"overwrite": True}], ids=str)
def test_a_busy_run_stays_untouched(out: Path, options: dict[str, bool]) -> None:
    job = small_job(out)
    for event in job:
        if isinstance(event, BlockDone) and event.done == 3:
            break
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.npz")}
    with pytest.raises(RunBusyError):
        next(small_job(out, **options))
    assert (
        before.items() <= {p: p.stat().st_mtime_ns for p in out.rglob("*.npz")}.items()
    )
    drain(job)


def test_regions_add_up(out: Path, whole_run: Path) -> None:
    parts = ((0, 10), (0, 30), (0, 9)), ((3, 5), (20, 30), (16, 30))
    drain(small_job(out, region=parts[0]))
    _, second = drain(small_job(out, region=parts[1], resume=True))
    assert (second.blocks_total, second.blocks_done_before) == (1, 0)
    assert not np.array_equal(labels_of(out), labels_of(whole_run))
    _, rest = drain(small_job(out, resume=True))
    assert (rest.blocks_total, rest.blocks_done_before) == (12, 5)
    assert_same_arrays(out, whole_run)


@pytest.mark.parametrize(
    "region", [((0, 11), (0, 1), (0, 1)), ((0, 1), (5, 5), (0, 1))]
)
def test_a_region_outside_the_image_is_refused(out: Path, region: Any) -> None:
    with pytest.raises(RunError, match="does not lie in the image"):
        next(small_job(out, region=region))
    assert not out.exists()


# ---- resuming


def test_a_finished_run_does_no_work(out: Path) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    _, first = drain(skoots.segment(image, code_model(), out))
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    model = code_model()
    events, again = drain(skoots.segment(image, model, out, resume=True))
    assert "finished already" in notices(events)
    assert not [e for e in events if isinstance(e, (StageStarted, BlockDone))]
    assert again.objects == first.objects
    assert again.blocks_done_before == again.blocks_total
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    assert isinstance(model.network, CodeNetwork)
    assert model.network.calls == 0


def test_other_thresholds_derive_labels_without_the_network(tmp_path: Path) -> None:
    image = noise((10, 20, 20))
    changed = {"INFERENCE": {"SKELETON_DILATIONS_2D": 1, "HOPS": 2}}
    for name, config in (("a", None), ("b", changed)):
        drain(skoots.segment(image, unet_model(), tmp_path / name, config))
    model = code_model(halo_zyx=(8, 8, 8), digest="unet")
    job = skoots.segment(image, model, tmp_path / "a", changed, resume=True)
    events, result = drain(job)
    assert model.network.calls == 0
    assert result.blocks_done_before == result.blocks_total
    assert {e.stage for e in events if isinstance(e, BlockDone)} >= {"label", "assign"}
    assert_same_arrays(tmp_path / "a", tmp_path / "b")


def test_what_a_run_is_made_of_may_not_change(out: Path) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    drain(skoots.segment(image, code_model(), out, tile_zyx=(16, 16, 16)))
    other = image.copy()
    other[3, 4, 5] += 1
    cases: list[tuple[Any, Checkpoint, dict[str, Any], str]] = [
        (other, code_model(), {}, "another image"),
        (image, code_model(digest="new"), {}, "another model"),
        (image, code_model(), {"tile_zyx": (8, 16, 16)}, "another tile"),
        (image, code_model(), {"halo_zyx": (8, 0, 0)}, "another halo"),
        (image, code_model(object_diameter=9.0), {"diameter": 3.0}, "another grid"),
    ]
    for volume, model, options, words in cases:
        with pytest.raises(RunError, match=words):
            next(skoots.segment(volume, model, out, resume=True, **options))
    assert RunFolder.open(out).finished


TILES = {"INFERENCE": {"HALO": [8, 8, 8], "CORE": [16, 16, 16]}}


@pytest.fixture
def tiled(out: Path) -> Path:
    """A finished run whose first process was told its core and halo."""
    drain(skoots.segment(draw_boxes(SHAPE, BOX)[0], code_model(), out, TILES))
    return out


@pytest.mark.parametrize(
    ("inference", "options", "words"),
    [
        ({"HALO": [16, 16, 16]}, {}, r"HALO .* \(8, 8, 8\), now \(16, 16, 16\)"),
        ({"CORE": [32, 32, 32]}, {}, r"CORE .* \(16, 16, 16\), now \(32, 32, 32\)"),
        ({"HALO": [8, 8, 0]}, {"tile_zyx": (32, 32, 32)}, "another HALO"),
        ({"CORE": [8, 8, 8]}, {"halo_zyx": (8, 8, 8)}, "another CORE"),
    ],
)
def test_a_core_or_halo_that_a_run_does_not_have_is_refused(
    tiled: Path, inference: dict[str, Any], options: dict[str, Any], words: str
) -> None:
    image, config = draw_boxes(SHAPE, BOX)[0], {"INFERENCE": inference}
    with pytest.raises(RunError, match=words):
        next(skoots.segment(image, code_model(), tiled, config, resume=True, **options))
    assert RunFolder.open(tiled).finished


@pytest.mark.parametrize(
    ("config", "options"),
    [
        (None, {}),
        (TILES, {}),
        ({"INFERENCE": {"CORE": [16, 16, 16]}}, {}),
        ({"INFERENCE": {"HALO": [16, 16, 16]}}, {"halo_zyx": (8, 8, 8)}),
        ({"INFERENCE": {"CORE": [32, 32, 32]}}, {"tile_zyx": (32, 32, 32)}),
    ],
    ids=["nothing said", "the same", "half of it", "halo said", "tile said"],
)
def test_a_run_keeps_the_core_and_halo_of_its_first_process(
    tiled: Path, config: Any, options: dict[str, Any]
) -> None:
    image = draw_boxes(SHAPE, BOX)[0]
    job = skoots.segment(image, code_model(), tiled, config, resume=True, **options)
    said = [e.message for e in drain(job)[0] if isinstance(e, Notice)]
    assert said[-1].endswith("is finished already.")
    assert not [message for message in said if "another" in message]


INVERT = {"INFERENCE": {"INVERT": True}}


@pytest.mark.parametrize("kind", ["volume", "divide", "fixed"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_inverted_image_gives_what_its_negative_gives(
    tmp_path: Path, kind: Any, dtype: type[np.integer[Any]]
) -> None:
    model = unet_model(normalization=Normalization(kind, mean=127.5, std=60.0))
    image = noise((24, 40, 40), 3).astype(dtype)
    top = 255 if kind == "fixed" else int(np.iinfo(dtype).max)
    negative = (top - image.astype(np.int64)).astype(dtype)
    runs = tmp_path / "as is", tmp_path / "inverted"
    drain(skoots.segment(negative, model, runs[0]))
    drain(skoots.segment(image, model, runs[1], INVERT))
    plain, inverted = (read_arrays(run)["probability"] for run in runs)
    assert np.ptp(plain) > 5
    # of 255, for means and half precision are rounded
    np.testing.assert_allclose(inverted.astype(int), plain, atol=2)


def test_a_run_keeps_light_and_dark_as_they_were(out: Path) -> None:
    image, model = draw_boxes(SHAPE, BOX)[0], code_model()
    drain(skoots.segment(image, model, out, INVERT))
    events, _ = drain(skoots.segment(image, model, out, resume=True))
    assert "another INVERT than the model's False and goes on with it: True" in notices(
        events
    )
    drain(skoots.segment(image, model, out, overwrite=True))
    with pytest.raises(RunError, match="another INVERT: False, now True"):
        next(skoots.segment(image, model, out, INVERT, resume=True))


def test_a_halo_of_the_model_yields_to_the_one_a_run_was_started_with(
    tiled: Path,
) -> None:
    image, model = draw_boxes(SHAPE, BOX)[0], code_model(inference={"HALO": [0, 0, 8]})
    changed = {"INFERENCE": {"HOPS": 3}}
    events, _ = drain(skoots.segment(image, model, tiled, changed, resume=True))
    assert "another HALO (Z, Y, X) than the model's (0, 0, 8)" in notices(events)
    assert "goes on with it: (8, 8, 8)." in notices(events)
    made_with = (RunFolder.open(tiled).summary or {})["inference"]
    assert made_with["HALO"] == [8, 8, 8]
    assert made_with["CORE"] == [16, 16, 16]
    assert made_with["HOPS"] == 3


def test_without_a_word_an_existing_run_stays(out: Path) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    drain(skoots.segment(image, code_model(), out))
    with pytest.raises(RunExistsError, match="--resume"):
        next(skoots.segment(image, code_model(), out))
    drain(skoots.segment(image, code_model(), out, overwrite=True, tile_zyx=(8, 8, 8)))
    assert RunFolder.open(out).plan.tile_zyx == (8, 8, 8)


def test_a_wrong_wish_leaves_an_existing_run_as_it_is(out: Path) -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    drain(skoots.segment(image, code_model(), out))
    with pytest.raises(TilingError, match="multiple of 8"):
        next(
            skoots.segment(image, code_model(), out, overwrite=True, tile_zyx=(9,) * 3)
        )
    np.testing.assert_array_equal(labels_of(out), labels)


def test_a_model_of_several_channels_is_refused(out: Path) -> None:
    network = CodeNetwork()
    network.in_channels = 2
    with pytest.raises(CheckpointError, match="2 channels"):
        next(skoots.segment(noise((8, 8, 8)), code_model(network=network), out))
    assert not out.exists()


# ---- what an image may hold


def test_voxels_that_are_no_numbers_are_counted_once(out: Path) -> None:
    image = noise((20, 20, 20)).astype(np.float32)
    image[0, 0, :3] = np.nan, np.inf, -np.inf
    image[9:12, 9:12, 9:12] = np.nan  # on the seams of blocks, in many halos
    job = skoots.segment(image, unet_model(), out, tile_zyx=(24, 24, 24))
    events, _ = drain(job)
    assert "30 voxels are infinite or not a number" in notices(events)


def test_voxels_that_are_no_numbers_are_counted_when_resampled(out: Path) -> None:
    image = noise((20, 20, 20)).astype(np.float32)
    image[5, 5, 5:8] = np.nan
    model = unet_model(object_diameter=10.0)
    events, _ = drain(skoots.segment(image, model, out, diameter=15.0))
    assert "3 voxels are infinite or not a number" in notices(events)


@pytest.mark.parametrize("value", [0, 7])
def test_a_constant_volume_has_no_objects_and_says_so(out: Path, value: int) -> None:
    image = np.full((9, 9, 9), value, np.uint8)
    events, result = drain(skoots.segment(image, unet_model(), out))
    assert result.objects == 0
    assert not labels_of(out).any()
    assert "single value" in notices(events)


def test_a_part_that_is_constant_is_not_asked_about(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 40), (8, 8, 4))
    image[:, :, 8:32] = 0
    model = code_model()
    events, _ = drain(skoots.segment(image, model, out, tile_zyx=(8, 8, 8)))
    assert model.network.calls == 2
    assert "single value" not in notices(events)


# ---- scale


@pytest.mark.parametrize("size", [(7.0, 6.0, 5.0), (28.0, 24.0, 20.0)], ids=str)
def test_labels_of_a_resampled_run_lie_on_the_images_grid(
    out: Path, size: tuple[float, float, float]
) -> None:
    """Two bright halves of a volume with a dark plane between them."""
    grey = np.zeros((12, 14, 22), np.uint8)
    grey[1:-1, 1:-1, 1:10] = grey[1:-1, 1:-1, 12:-1] = 200
    image = open_source(grey, voxel_size=size)
    model = unet_model(voxel_size=(14.0, 12.0, 10.0), halo_zyx=(0, 0, 0))
    _, result = drain(skoots.segment(image, model, out, resample=True))
    run = RunFolder.open(out)
    zoom = size[0] / 14
    assert run.plan.shape_zyx == tuple(round(n * zoom) for n in grey.shape)
    assert run.plan.voxel_size == pytest.approx((14.0, 12.0, 10.0))
    assert labels_of(out).shape == grey.shape
    assert run.voxel_size == pytest.approx(size)
    assert result.objects == len(np.unique(labels_of(out))) - 1
    metadata = zarr.open_group(out, mode="r")["labels/instances"].attrs["ome"]
    (full,) = metadata["multiscales"][0]["datasets"][:1]
    (scale,) = full["coordinateTransformations"]
    assert scale["scale"] == pytest.approx(size)


def test_a_diameter_works_at_the_scale_of_the_training(out: Path) -> None:
    model = unet_model(object_diameter=20.0, voxel_size=(2.0, 1.0, 1.0))
    image = open_source(noise((8, 12, 12)), voxel_size=(1.0, 1.0, 1.0))
    drain(skoots.segment(image, model, out, diameter=10.0))
    # twice as wide, and as deep as the model knows a voxel: half of that
    assert RunFolder.open(out).plan.shape_zyx == (8, 24, 24)
    model = unet_model(object_diameter=20.0)  # which may have learned from cubes
    image = open_source(noise((8, 12, 12)), voxel_size=(2.0, 1.0, 1.0))
    drain(skoots.segment(image, model, out, diameter=20.0, overwrite=True))
    assert RunFolder.open(out).plan.shape_zyx == (16, 12, 12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resample": True}, r"Use diameter \(--diameter\) instead of resample"),
        ({"diameter": 5.0}, r"Use resample \(--resample\) with a voxel size"),
    ],
    ids=["no voxel size", "no diameter"],
)
def test_a_model_that_knows_no_scale_cannot_be_matched(
    out: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        next(skoots.segment(noise((8, 8, 8)), unet_model(), out, **options))


def test_voxel_sizes_that_differ_are_said(out: Path) -> None:
    model = unet_model(voxel_size=(1.0, 1.0, 1.0))
    image = open_source(noise((8, 8, 8)), voxel_size=(1.0, 3.0, 3.0))
    events, _ = drain(skoots.segment(image, model, out))
    assert "resample=True (--resample) works at the model's" in notices(events)
    assert RunFolder.open(out).plan.shape_zyx == (8, 8, 8), "nine times the work"


def test_an_image_without_a_voxel_size_is_not_given_that_of_the_model(
    out: Path,
) -> None:
    """What is measured on the labels would be wrong, and nothing would show it."""
    model = unet_model(voxel_size=(3.0, 1.0, 1.0), object_diameter=8.0)
    image = noise((8, 8, 8))
    events, _ = drain(skoots.segment(image, model, out))
    assert "taken as it is" in notices(events)
    assert "finds objects of 5 to 12 voxels across" in notices(events)
    assert "--voxel-size" in notices(events)
    assert "--diameter" in notices(events)
    assert RunFolder.open(out).voxel_size is None
    again = skoots.segment(image, model, out, overwrite=True, diameter=4.0)
    assert "voxel size" not in notices(drain(again)[0]), "the diameter answers that"
    run = RunFolder.open(out)
    assert run.plan.shape_zyx == (16, 16, 16)
    assert run.voxel_size is None
    reach = []
    for path, array in (("labels/instances", "0"), ("", "probability")):
        group = zarr.open_group(out / path, mode="r")
        (multiscale,) = group.attrs["ome"]["multiscales"]
        assert all("unit" not in axis for axis in multiscale["axes"])
        scale = multiscale["datasets"][0]["coordinateTransformations"][0]["scale"]
        reach.append(np.multiply(group[array].shape, scale))
    np.testing.assert_allclose(*reach)  # labels and image lie on each other
    with pytest.raises(SettingsError, match=r"no voxel size.*\(--voxel-size\)"):
        next(skoots.segment(image, model, out, overwrite=True, resample=True))


def test_what_a_model_finds_is_said_where_it_knows_no_voxel_size(out: Path) -> None:
    image = open_source(noise((8, 8, 8)), voxel_size=(1.0, 1.0, 1.0))
    events, _ = drain(skoots.segment(image, unet_model(object_diameter=8.0), out))
    assert "5 to 12 voxels across" in notices(events)
    assert "--voxel-size" not in notices(events), "which would not help"
    events, _ = drain(skoots.segment(image, unet_model(), out, overwrite=True))
    assert not notices(events)


def test_a_voxel_size_that_is_not_said_again_is_that_of_the_run(out: Path) -> None:
    model, grey = unet_model(voxel_size=(1.0, 1.0, 1.0)), noise((8, 8, 8))
    sized = open_source(grey, voxel_size=(2.0, 2.0, 2.0))
    drain(skoots.segment(sized, model, out, resample=True))
    drain(skoots.segment(grey, model, out, resume=True))
    drain(skoots.segment(grey, model, out, resume=True, resample=True))
    assert RunFolder.open(out).voxel_size == (2.0, 2.0, 2.0)
    other = open_source(grey, voxel_size=(1.0, 2.0, 2.0))
    with pytest.raises(RunError, match=r"another voxel size \(--voxel-size\)"):
        next(skoots.segment(other, model, out, resume=True))


@pytest.mark.parametrize(
    ("depth", "noted"),
    [(0.6, True), (0.9, False), (1.0, False), (2.9, False), (3.1, True)],
)
def test_voxel_sizes_that_the_model_is_made_for_are_not_noted(
    out: Path, depth: float, noted: bool
) -> None:
    model = unet_model(voxel_size=(1.0, 1.0, 1.0), object_diameter=4.0)
    wide = {"TRAINER": {"SCALE_RANGE": [1 / 3, 1.25]}}
    model = replace(model, config=model.config.merge(wide))
    image = open_source(noise((8, 8, 8)), voxel_size=(depth, 1.0, 1.0))
    events, _ = drain(skoots.segment(image, model, out))
    assert ("--no-resample" in notices(events)) == noted
    assert RunFolder.open(out).plan.resampled == noted
    for wish in ({"resample": False}, {"diameter": 4.0}):
        job = skoots.segment(image, model, out, overwrite=True, **wish)
        assert "resample" not in notices(drain(job)[0])


def test_voxel_sizes_that_cannot_be_meant_are_asked_about(out: Path) -> None:
    model = unet_model(voxel_size=(1.0, 1.0, 1.0))
    image = open_source(noise((8, 8, 8)), voxel_size=(17.0, 1.0, 1.0))
    events, _ = drain(skoots.segment(image, model, out))
    assert "too far apart to resample. Check the voxel size" in notices(events)
    assert not RunFolder.open(out).plan.resampled


@pytest.mark.parametrize(
    ("size", "wish", "shape"),
    [
        ((0.2, 1.0, 1.0), {}, (1, 16, 16)),
        ((9.0, 0.5, 0.5), {}, (1, 8, 8)),
        ((9.0, 0.5, 0.5), {"resample": True}, (1, 8, 8)),
        ((9.0, 1.0, 1.0), {"diameter": 8.0}, (1, 8, 8)),
        (None, {"diameter": 8.0}, (1, 8, 8)),
    ],
)
def test_one_plane_stays_one(
    out: Path, size: Any, wish: dict[str, Any], shape: Shape3
) -> None:
    model = unet_model(voxel_size=(1.0, 1.0, 1.0), object_diameter=4.0)
    image = open_source(noise((1, 16, 16)), voxel_size=size)
    drain(skoots.segment(image, model, out, **wish))
    assert RunFolder.open(out).plan.shape_zyx == shape


def test_a_run_of_a_diameter_goes_on_where_nobody_says_another(out: Path) -> None:
    model = unet_model(object_diameter=4.0)
    image = noise((8, 16, 16))
    drain(skoots.segment(image, model, out, diameter=8.0))
    events, _ = drain(skoots.segment(image, model, out, resume=True))
    assert "is finished already" in notices(events)
    with pytest.raises(RunError, match="another grid"):
        next(skoots.segment(image, model, out, resume=True, diameter=4.0))


def test_a_finished_run_from_before_a_setting_was_known_stays_finished(
    out: Path,
) -> None:
    image, model = draw_boxes(SHAPE, BOX)[0], code_model()
    drain(skoots.segment(image, model, out))
    run = RunFolder.open(out)
    summary = dict(run.summary or {})
    older = {k: v for k, v in summary["inference"].items() if k != "INVERT"}
    run.write_summary({**summary, "inference": older})
    events, _ = drain(skoots.segment(image, model, out, resume=True))
    assert "is finished already" in notices(events)
    assert "anew" not in notices(events)


def test_a_run_goes_on_at_the_scale_that_it_was_begun_at(out: Path) -> None:
    model = unet_model(voxel_size=(1.0, 1.0, 1.0))
    image = open_source(noise((8, 16, 16)), voxel_size=(1.0, 0.5, 0.5))
    for wish, shape in ((None, (8, 8, 8)), (False, (8, 16, 16)), (True, (8, 8, 8))):
        drain(skoots.segment(image, model, out, overwrite=True, resample=wish))
        assert RunFolder.open(out).plan.shape_zyx == shape
        for again in (None, wish):
            drain(skoots.segment(image, model, out, resume=True, resample=again))
        if wish is not None:
            with pytest.raises(RunError, match="another grid"):
                next(skoots.segment(image, model, out, resume=True, resample=not wish))


# ---- memory


def test_a_tile_that_does_not_fit_is_halved_until_it_does(tmp_path: Path) -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    network = CodeNetwork()
    network.largest_call = 8 * 16 * 16
    model, out = code_model(network=network), tmp_path / "a"
    job = skoots.segment(image, model, out, tile_zyx=(16, 32, 40))
    told = []
    for event in job:
        told.append(event)
        if isinstance(event, BlockDone):
            break
    job.close()
    said = notices(told)
    assert said.count("out of memory") == 3  # 40 -> 16, 32 -> 16, 16 -> 8
    assert RunFolder.open(out).plan.tile_zyx == (8, 16, 16)
    for tile in ((16, 32, 40), (8, 16, 16)):  # as asked, or as it is now
        job = skoots.segment(image, model, out, tile_zyx=tile, resume=True)
        events, result = drain(job)
    np.testing.assert_array_equal(labels_of(out), labels)
    drain(skoots.segment(image, code_model(), tmp_path / "b", tile_zyx=(16, 32, 40)))
    assert_same_arrays(out, tmp_path / "b")
    assert result.tile_zyx == (8, 16, 16)
    assert isinstance(events[0], RunStarted)


def test_a_block_that_was_read_before_memory_was_short_is_not_halved_twice(
    out: Path,
) -> None:
    image, labels = draw_boxes((8, 8, 64), BOX)
    network = CodeNetwork()
    network.largest_call = 8 * 8 * 8
    job = skoots.segment(image, code_model(network=network), out, tile_zyx=(8, 8, 16))
    events, result = drain(job)
    assert notices(events).count("out of memory") == 1
    assert result.tile_zyx == (8, 8, 8)
    np.testing.assert_array_equal(labels_of(out), labels)


# ---- order


def test_a_point_brings_the_block_nearest_to_it(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 80), BOX)
    job = skoots.segment(image, code_model(), out, tile_zyx=(8, 8, 8))
    event = next(job)
    while not isinstance(event, StageStarted):
        event = next(job)
    order = [job.send((4.0, 4.0, 44.0))]
    order += [job.send((4.0, 4.0, 12.0)), *(next(job) for _ in range(3))]
    starts = [e.box_zyx[2][0] for e in order if isinstance(e, BlockDone)]
    # two blocks are under way when the first is done; the one after obeys
    assert starts[0] == 40
    assert 8 in starts[2:4]
    drain(job)
    assert RunFolder.open(out).finished


def test_a_point_is_one_of_the_image_also_when_the_grid_is_finer(out: Path) -> None:
    image, _ = draw_boxes((4, 4, 40), (2, 2, 2))
    model = code_model(object_diameter=8.0)
    job = skoots.segment(image, model, out, tile_zyx=(8, 8, 8), diameter=4.0)
    event = next(job)
    while not isinstance(event, StageStarted):
        event = next(job)
    first = job.send((2.0, 2.0, 22.0))
    assert isinstance(first, BlockDone)
    assert first.box_zyx[2] == (40, 48)
    job.close()


# ---- what is asked for


def test_a_small_tile_gets_what_halo_it_has_room_for_and_says_so(out: Path) -> None:
    image, labels = draw_boxes((8, 8, 32), BOX)
    model = code_model(halo_zyx=(8, 8, 8))
    events, result = drain(skoots.segment(image, model, out, tile_zyx=(8, 16, 24)))
    assert result.tile_zyx == (8, 16, 24)
    assert RunFolder.open(out).plan.halo_zyx == (0, 0, 8)
    assert "room for a halo of (0, 0, 8)" in notices(events)
    np.testing.assert_array_equal(labels_of(out), labels)


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        pytest.param({"region": ((0, 4), (0, 4))}, "no box", id="region of two axes"),
        pytest.param({"config": 5}, "Give Settings", id="config that is none"),
        pytest.param({"resample": True, "diameter": 3.0}, "two ways", id="two scales"),
        pytest.param({"resample": False, "diameter": 3.0}, "two ways", id="and none"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_before_a_folder_is_made(
    wishes: dict[str, Any], says: str, out: Path
) -> None:
    image, _ = draw_boxes((8, 8, 8), BOX)
    with pytest.raises(SkootsError, match=says):
        drain(skoots.segment(image, code_model(), out, **wishes))
    assert not out.exists()


# ---- what is shown and said


def test_blocks_show_labels_of_their_own_until_the_final_ones_come(out: Path) -> None:
    image, labels = draw_boxes((8, 8, 32), (8, 8, 8))
    job = skoots.segment(image, code_model(), out, tile_zyx=(8, 8, 8), preview=True)
    for event in job:
        if isinstance(event, BlockDone) and event.done == 3:
            break
    job.close()
    shown = labels_of(out)
    done = RunFolder.open(out).done_blocks("predict", "1")
    ids = [int(shown[tuple(s.slice for s in b.core)].max()) for b in done]
    assert len(set(ids)) == len(done) >= 3
    assert np.count_nonzero(shown) == 8**3 * len(done)
    drain(skoots.segment(image, code_model(), out, resume=True))
    np.testing.assert_array_equal(labels_of(out), labels)


def test_labels_that_other_settings_made_are_made_anew_and_it_says_so(
    out: Path,
) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    high = {"INFERENCE": {"PROBABILITY_THRESHOLD": 0.9}}
    drain(skoots.segment(image, code_model(), out, high))
    events, _ = drain(skoots.segment(image, code_model(), out, resume=True))
    said = [event.message for event in events if isinstance(event, Notice)]
    changed = "The labels are made anew: PROBABILITY_THRESHOLD was 0.9 and is 0.5."
    assert changed in said
    events, _ = drain(skoots.segment(image, code_model(), out, resume=True))
    said = [event.message for event in events if isinstance(event, Notice)]
    assert not any("anew" in message for message in said)


def test_a_run_of_a_region_says_how_much_it_labelled(out: Path) -> None:
    image, _ = draw_boxes((8, 8, 32), (8, 8, 8))
    near = ((0, 8), (0, 8), (0, 9))
    job = skoots.segment(image, code_model(), out, tile_zyx=(8, 8, 8), region=near)
    drain(job)
    summary = RunFolder.open(out).summary
    assert summary is not None
    assert summary["blocks"] == {"labelled": 2, "total": 4}


@pytest.mark.parametrize("region", [(slice(0, 8),) * 3, (8, 8, 8), ((0, 8),) * 2, 8])
def test_a_region_that_is_no_box_is_refused(out: Path, region: Any) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    with pytest.raises(RunError, match=r"is no box. Give \(start, stop\) along Z"):
        drain(skoots.segment(image, code_model(), out, region=region))


def test_to_resume_and_to_overwrite_exclude_each_other(out: Path) -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    with pytest.raises(SettingsError, match="resume and overwrite"):
        drain(skoots.segment(image, code_model(), out, resume=True, overwrite=True))


def test_the_labels_say_where_they_are_from(out: Path) -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    _, result = drain(skoots.segment(image, code_model(), out))
    said = zarr.open_group(out / "labels" / "instances", mode="r").attrs["skoots"]
    assert said["objects"] == result.objects == labels.max()
    assert said["model"]["digest"] == "code"
    assert said["image"]["signature"] == open_source(image).signature()
    assert said["inference"]["HOPS"] == 1
    assert said["versions"]["skoots"] == skoots.__version__
    assert 0 < said["seconds"] <= result.seconds
