"""What a run folder does about damage: a name, a remedy, and the block done again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from inference_cases import (
    assert_same_arrays,
    code_model,
    drain,
    draw_boxes,
    make_run,
)

import skoots
from skoots.errors import RunError
from skoots.inference.convert import export_tiff
from skoots.run import storage
from skoots.run.folder import RunFolder
from skoots.volume.tiling import Span, whole

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.events import RunFinished

SHAPE = (16, 16, 24)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A finished run of twelve blocks."""
    out = tmp_path / "cells.skoots.zarr"
    segment(out)
    return out


def segment(out: Path, **options: Any) -> RunFinished:
    image, _ = draw_boxes(SHAPE, (5, 6, 7))
    options = {"tile_zyx": (8, 8, 8), "resume": True, **options}
    return drain(skoots.segment(image, code_model(), out, **options))[1]


@pytest.mark.parametrize(
    ("name", "lost", "stage"),
    [
        ("probability", "label/1.1.1.npz", "predict"),
        ("skeleton", "label/1.1.1.npz", "predict"),
        ("vectors", "assign/1.1.1.npz", "predict"),
        ("components", "assign/1.1.1.npz", "label"),
    ],
)
def test_a_chunk_that_cannot_be_read_is_made_again(
    out: Path, tmp_path: Path, name: str, lost: str, stage: str
) -> None:
    shutil.copytree(out, tmp_path / "before")
    (chunk,) = (out / name / "c").rglob("1/1/1")
    chunk.write_bytes(b"")  # as a power cut leaves it
    (out / "state" / lost).unlink()
    (out / "state" / "finished.json").unlink()
    with pytest.raises(RunError, match=rf"{name} .*block 1\.1\.1 .*resume\): {stage}"):
        segment(out)
    segment(out)
    assert_same_arrays(out, tmp_path / "before")


@pytest.mark.parametrize("content", [b"", b"\x28\xb5\x2f\xfd", b"no zstd"], ids=str)
def test_final_labels_that_cannot_be_read_are_made_again(
    out: Path, tmp_path: Path, content: bytes
) -> None:
    shutil.copytree(out, tmp_path / "before")
    (chunk,) = (out / "labels" / "instances" / "0" / "c").rglob("1/1/1")
    chunk.write_bytes(content)
    with pytest.raises(RunError, match=r"instances/0 .*block 1\.1\.1 .*: assign does"):
        drain(export_tiff(out))
    assert not RunFolder.open(out).finished
    assert not (tmp_path / "cells_instances.tif").exists()
    segment(out)
    assert_same_arrays(out, tmp_path / "before")
    drain(export_tiff(out))


def test_damage_is_said_also_where_nothing_may_be_written(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (chunk,) = (out / "labels" / "instances" / "0" / "c").rglob("0/0/0")
    chunk.write_bytes(b"")
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(RunError, match=r"block 0\.0\.0 .*damaged on disk"):
        RunFolder.open(out).read("labels/instances/0", whole((8, 8, 8)))


def test_a_read_over_a_damaged_chunk_names_it_alone(out: Path) -> None:
    run = RunFolder.open(out)
    (chunk,) = (out / "vectors" / "c").rglob("1/1/1")
    chunk.write_bytes(b"")
    with pytest.raises(RunError, match=r"vectors .*block 1\.1\.1 \(Z"):
        run.read("vectors", (Span(1, 13),) * 3)
    assert len(run.done_blocks("predict", "1")) == 11


def test_a_marker_whose_tables_are_damaged_is_made_again(out: Path) -> None:
    run = RunFolder.open(out)
    (file,) = (out / "state" / "label").glob("0.0.0.npz")
    with pytest.raises(RunError, match=r"0\.0\.0\.npz .*--resume"):
        run.markers.tables("label", run.blocks[0], only=("nothing",))
    assert not file.exists()


@pytest.mark.parametrize("node", ["", "vectors", "labels/instances"])
@pytest.mark.parametrize("content", [None, b""], ids=["absent", "empty"])
def test_a_run_without_its_metadata_is_a_damaged_run(
    out: Path, node: str, content: bytes | None
) -> None:
    file = out / node / "zarr.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for marker in (out / "state" / "predict").glob("*.npz"):
        marker.unlink()
    with pytest.raises(RunError, match=r"damaged.*--overwrite"):
        segment(out)
    segment(out, resume=False, overwrite=True)
    assert RunFolder.open(out).finished


@pytest.mark.parametrize("content", [b"", b'{"objects": 1', b"[]", b"{}"])
def test_a_damaged_summary_counts_as_absent(out: Path, content: bytes) -> None:
    (out / "state" / "finished.json").write_bytes(content)
    assert not RunFolder.open(out).finished
    assert segment(out).objects > 0
    assert RunFolder.open(out).finished


def test_labels_that_are_made_again_do_not_say_where_they_are_from(out: Path) -> None:
    run = RunFolder.open(out)
    run.write_summary(None)
    labels = zarr.open_group(out / "labels" / "instances", mode="r")
    assert "skoots" not in labels.attrs
    assert "ome" in labels.attrs


def test_what_lasts_is_on_the_disk_before_its_marker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "a.skoots.zarr", (4, 4, 8), (4, 4, 4))
    synced: list[Path] = []
    monkeypatch.setattr(storage, "_sync", synced.append)
    voxels = np.zeros((3, 4, 4, 8), np.int8)
    voxels[..., 4:] = 1  # an empty chunk has no file
    run.write("vectors", whole((4, 4, 8)), voxels)
    top = run.path / "vectors" / "c"
    assert [p for p in synced if p.is_file()] == [top / "0" / "0" / "0" / "1"]
    assert {top, *(top / "0" / "0" / "0").parents} & set(synced) >= {
        top / "0" / "0",
        top / "0",
        top,
    }
    synced.clear()
    run.write("vectors", whole((4, 4, 8)), voxels, lasting=False)
    assert synced == []
